import type { Summary } from './summary';
export function renderPage(summary: Summary): string {
  return JSON.stringify(summary);
}
