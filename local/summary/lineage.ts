import type { LineageNode } from '../lineage';
import { count } from './format';
import { columnHead, tableOf } from './cells';
import { html, type Html } from './html';

const BOX = { width: 200, height: 34, gapX: 60, gapY: 12 };
const MARGIN = 8;
/** A name is cut at its beginning, where the box is too short; the whole stands in the title. */
const NAME_LENGTH = 24;

interface Placed {
  readonly node: LineageNode;
  readonly x: number;
  readonly y: number;
}

/** The tables and topics, each to the right of all that it is made from, and a table of the columns below. */
export function renderLineage(nodes: readonly LineageNode[]): Html {
  if (nodes.length === 0) {
    return html`<p class="empty">No job has told of its lineage.</p>`;
  }
  const placed = place(nodes);
  const width = Math.max(...[...placed.values()].map(({ x }) => x)) + BOX.width + MARGIN;
  const height = Math.max(...[...placed.values()].map(({ y }) => y)) + BOX.height + MARGIN;
  return html`<figure>
      <div class="scroll">
        <svg
          viewBox="0 0 ${width} ${height}"
          style="max-width:${width}px"
          role="img"
          aria-labelledby="lineage-title lineage-text"
        >
          <title id="lineage-title">Lineage of the tables</title>
          <desc id="lineage-text">${sentence(nodes)}</desc>
          ${[...placed.values()].flatMap((to) => edges(to, placed))} ${[...placed.values()].map(box)}
        </svg>
      </div>
      <figcaption><span>${sentence(nodes)}</span></figcaption>
    </figure>
    ${columns(nodes)}`;
}

/** The graph in a sentence. */
function sentence(nodes: readonly LineageNode[]): string {
  const written = nodes.filter(({ job }) => job !== undefined);
  const links = nodes.flatMap((node) => Object.values(node.columns).flat()).length;
  const sources = nodes.length - written.length;
  return `${count(written.length)} tables from ${count(sources)} sources, ${count(links)} links between columns.`;
}

/** How far each dataset is from where data comes in: one more than the farthest that it is made from. */
function depths(nodes: readonly LineageNode[]): Map<string, number> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const found = new Map<string, number>();
  const depthOf = (name: string, above: readonly string[]): number => {
    const known = found.get(name);
    if (known !== undefined || above.includes(name)) {
      return known ?? -1;
    }
    const inputs = byName.get(name)?.inputs ?? [];
    const depth = Math.max(-1, ...inputs.map((input) => depthOf(input, [...above, name]))) + 1;
    found.set(name, depth);
    return depth;
  };
  nodes.forEach(({ name }) => depthOf(name, []));
  return found;
}

function place(nodes: readonly LineageNode[]): Map<string, Placed> {
  const depth = depths(nodes);
  const filled: number[] = [];
  const placed = new Map<string, Placed>();
  for (const node of nodes.toSorted((a, b) => a.name.localeCompare(b.name))) {
    const column = depth.get(node.name) ?? 0;
    const row = filled[column] ?? 0;
    filled[column] = row + 1;
    const x = MARGIN + column * (BOX.width + BOX.gapX);
    placed.set(node.name, { node, x, y: MARGIN + row * (BOX.height + BOX.gapY) });
  }
  return placed;
}

function box({ node, x, y }: Placed): Html {
  const short = node.name.length > NAME_LENGTH ? `…${node.name.slice(1 - NAME_LENGTH)}` : node.name;
  const written = node.job === undefined ? 'comes in from outside' : `written by ${node.job}`;
  return html`<g>
    <title>${node.name}: ${written}</title>
    <rect
      class="${node.job === undefined ? 'source' : 'dataset'}"
      x="${x}"
      y="${y}"
      width="${BOX.width}"
      height="${BOX.height}"
      rx="7"
    />
    <text class="dataset" x="${x + 10}" y="${y + 21}">${short}</text>
  </g>`;
}

function edges(to: Placed, placed: Map<string, Placed>): Html[] {
  return to.node.inputs.flatMap((input) => {
    const from = placed.get(input);
    if (from === undefined || from === to) {
      return [];
    }
    const [x1, y1, x2, y2] = [from.x + BOX.width, from.y + BOX.height / 2, to.x, to.y + BOX.height / 2];
    const bend = Math.max(BOX.gapX / 2, (x2 - x1) / 2);
    return [html`<path class="edge" d="M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}" />`];
  });
}

function columns(nodes: readonly LineageNode[]): Html {
  const rows = nodes
    .filter(({ job }) => job !== undefined)
    .flatMap((node) =>
      Object.entries(node.columns)
        .filter(([, inputs]) => inputs.length > 0)
        .map(
          ([column, inputs]) =>
            html`<tr>
              <th scope="row">${node.name}.${column}</th>
              <td class="wrap">${inputs.join(', ')}</td>
            </tr>`,
        ),
    );
  return html`<details>
    <summary>Every column, and what it is made from</summary>
    ${tableOf([columnHead('column'), html`<th scope="col" class="text">made from</th>`], rows)}
  </details>`;
}
