import type { PipelineRun, TaskFact } from '../records';
import { count, seconds } from './format';
import { columnHead, tableOf } from './cells';
import { html, type Html } from './html';

const HEADER = ['task', 'succeeded', 'skipped', 'failed', 'tries', 'seconds'];

/** A task in all runs together, as cells under `HEADER`. */
export function taskRows(runs: PipelineRun[]): string[][] {
  return tasksOf(runs).map((task) => {
    const facts = runs.flatMap(({ tasks }) => tasks.filter((fact) => fact.task === task));
    const inState = (state: string): string => count(facts.filter((fact) => fact.state === state).length);
    const sum = (pick: (fact: TaskFact) => number): number => facts.reduce((total, fact) => total + pick(fact), 0);
    const [tries, took] = [sum((fact) => fact.tries), sum((fact) => fact.seconds)];
    return [task, inState('success'), inState('skipped'), inState('failed'), count(tries), seconds(took)];
  });
}

/** The tasks of all runs for a terminal; nothing where no orchestrator ran them. */
export function renderTasks(runs: PipelineRun[]): string[] {
  const rows = [HEADER, ...taskRows(runs)];
  if (rows.length === 1) {
    return [];
  }
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}

/** Every task in every run: its state, and how long and how often it was tried. */
export function tasksTable(runs: PipelineRun[]): Html {
  if (tasksOf(runs).length === 0) {
    return html`<p class="empty">The steps were added to the cluster without an orchestrator.</p>`;
  }
  const rows = tasksOf(runs).map(
    (task) =>
      html`<tr>
        <th scope="row">${task}</th>
        ${runs.map(({ tasks }) => cell(tasks.filter((fact) => fact.task === task)))}
      </tr>`,
  );
  const head = [html`<th scope="col" class="text">task</th>`, ...runs.map(({ title }) => columnHead(title))];
  return tableOf(head, rows);
}

function cell(facts: TaskFact[]): Html {
  const texts = facts.map(({ state, seconds: took, tries }) =>
    state === 'skipped' ? state : `${state} · ${seconds(took)} s${tries > 1 ? ` · ${tries} tries` : ''}`,
  );
  const states = new Set(facts.map(({ state }) => state));
  const emphasis = states.has('failed') ? 'bad' : states.has('success') ? '' : 'zero';
  return html`<td class="${emphasis}">${texts.join(', ')}</td>`;
}

/** The names of all tasks, in the order in which they first ran; what never ran is last. */
function tasksOf(runs: PipelineRun[]): string[] {
  const facts = runs.flatMap(({ tasks }) => tasks);
  const ran = facts.filter(({ tries }) => tries > 0);
  return [...new Set([...ran, ...facts].map(({ task }) => task))];
}
