import { html, type Html } from './html';

/** A table that scrolls sideways where it is wider than the page: the names of its columns, and its rows. */
export function tableOf(head: Html[], rows: Html[]): Html {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

/** The name of a column. */
export function columnHead(name: string): Html {
  return html`<th scope="col">${name}</th>`;
}
