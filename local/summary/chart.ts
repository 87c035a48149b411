import { count } from './format';
import { columnHead, tableOf } from './cells';
import { html, type Html } from './html';
import type { Lake } from './lake';

type Day = Lake['days'][number];

const WIDTH = 960;
const LEFT = 52;
const RIGHT = 12;
const FLIGHTS = { top: 34, height: 150 };
const DELAY = { top: 246, height: 110 };
const HEIGHT = 388;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A linear scale from data to pixels, upwards. */
export interface Scale {
  readonly ticks: number[];
  readonly y: (value: number) => number;
}

/** A scale over the values that includes zero and has round ticks. */
export function scaleOf(values: number[], area: { readonly top: number; readonly height: number }): Scale {
  const step = roundStep((Math.max(0, ...values) - Math.min(0, ...values)) / 4);
  const low = Math.floor(Math.min(0, ...values) / step) * step;
  const high = Math.max(low + step, Math.ceil(Math.max(0, ...values) / step) * step);
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, index) => low + index * step);
  return { ticks, y: (value) => area.top + area.height * (1 - (value - low) / (high - low)) };
}

/** The next step of 1, 2 or 5 times a power of ten. */
function roundStep(rough: number): number {
  if (rough <= 0) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
}

/** Flights per day, cancelled ones set off, above the mean departure delay of the same days. */
export function renderChart(days: Day[]): Html {
  if (days.length === 0) {
    return html`<p class="empty">No day is complete yet.</p>`;
  }
  const flights = scaleOf(
    days.map((day) => day.flights),
    FLIGHTS,
  );
  const delays = scaleOf(
    days.flatMap((day) => (day.meanDelay === null ? [] : [day.meanDelay])),
    DELAY,
  );
  const slot = (WIDTH - LEFT - RIGHT) / days.length;
  const x = (index: number): number => LEFT + index * slot;
  return html`<figure>
    <div class="scroll">
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="plot-title plot-text">
        <title id="plot-title">Flights per day and mean departure delay per day</title>
        <desc id="plot-text">${describe(days)}</desc>
        <text class="panel" x="${LEFT}" y="18">Flights per day</text>
        <text class="panel" x="${LEFT}" y="${DELAY.top - 16}">Mean departure delay, minutes</text>
        ${grid(flights)} ${grid(delays)} ${monthLines(days, x)}
        ${days.map((day, index) => bar(day, { x: x(index), slot, scale: flights }))}
        <path class="delay" d="${path(days, (index) => x(index) + slot / 2, delays)}" />
        ${days.map((day, index) => dot(day, { x: x(index) + slot / 2, scale: delays }))}
        ${peak(days, x, { slot, scale: delays })}
      </svg>
    </div>
    <figcaption>
      <span class="key"><i class="swatch flew"></i>departed</span>
      <span class="key"><i class="swatch cancelled"></i>cancelled</span>
      <span class="key"><i class="swatch late"></i>mean departure delay</span>
      <span>${describe(days)}</span>
    </figcaption>
    ${fallback(days)}
  </figure>`;
}

/** The chart in a sentence. */
export function describe(days: Day[]): string {
  const first = days[0];
  const last = days.at(-1);
  const worst = maxBy(days, (day) => day.meanDelay ?? Number.NEGATIVE_INFINITY);
  const grounded = maxBy(days, (day) => day.cancelled);
  const total = days.reduce((sum, day) => sum + day.flights, 0);
  const delay = worst?.meanDelay ?? 0;
  return (
    `${count(total)} flights from ${first?.day ?? ''} to ${last?.day ?? ''}; the longest mean delay was ` +
    `${delay.toFixed(1)} minutes on ${worst?.day ?? ''}, and most flights were cancelled on ${grounded?.day ?? ''}: ` +
    `${count(grounded?.cancelled ?? 0)} of ${count(grounded?.flights ?? 0)}.`
  );
}

function grid(scale: Scale): Html[] {
  return scale.ticks.map((tick) => {
    const y = round(scale.y(tick));
    return html`<line class="${tick === 0 ? 'axis' : 'grid'}" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" />
      <text class="tick" x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${count(tick)}</text>`;
  });
}

function monthLines(days: Day[], x: (index: number) => number): Html[] {
  return days.flatMap((day, index) => {
    if (index > 0 && !day.day.endsWith('-01')) {
      return [];
    }
    const at = round(x(index));
    const month = MONTHS[Number(day.day.slice(5, 7)) - 1] ?? '';
    return [
      html`<line class="month" x1="${at}" x2="${at}" y1="${FLIGHTS.top}" y2="${DELAY.top + DELAY.height + 8}" />
        <text class="tick" x="${at + 4}" y="${HEIGHT - 8}">${month}</text>`,
    ];
  });
}

function bar(day: Day, place: { readonly x: number; readonly slot: number; readonly scale: Scale }): Html {
  const { x, slot, scale } = place;
  const gap = slot > 4 ? 1 : 0.2;
  const flown = day.flights - day.cancelled;
  const [base, middle, top] = [scale.y(0), scale.y(flown), scale.y(day.flights)].map(round);
  const geometry = { x: round(x + gap / 2), width: round(slot - gap) };
  const [low, split, high] = [base ?? 0, middle ?? 0, top ?? 0];
  return html`<g>
    <title>${day.day}: ${count(day.flights)} flights, ${count(day.cancelled)} cancelled</title>
    <rect class="flew" x="${geometry.x}" width="${geometry.width}" y="${split}" height="${round(low - split)}" />
    <rect class="cancelled" x="${geometry.x}" width="${geometry.width}" y="${high}" height="${round(split - high)}" />
  </g>`;
}

function dot(day: Day, place: { readonly x: number; readonly scale: Scale }): Html {
  if (day.meanDelay === null) {
    return html``;
  }
  return html`<circle class="late" cx="${round(place.x)}" cy="${round(place.scale.y(day.meanDelay))}" r="2.4">
    <title>${day.day}: ${day.meanDelay.toFixed(1)} minutes</title>
  </circle>`;
}

function path(days: Day[], x: (index: number) => number, scale: Scale): string {
  let pen = 'M';
  return days
    .map((day, index) => {
      if (day.meanDelay === null) {
        pen = 'M';
        return '';
      }
      const point = `${pen}${round(x(index))} ${round(scale.y(day.meanDelay))}`;
      pen = 'L';
      return point;
    })
    .join('');
}

/** Names the day with the longest delay where it is drawn. */
function peak(
  days: Day[],
  x: (index: number) => number,
  place: { readonly slot: number; readonly scale: Scale },
): Html {
  const worst = maxBy(days, (day) => day.meanDelay ?? Number.NEGATIVE_INFINITY);
  if (worst?.meanDelay === undefined || worst.meanDelay === null) {
    return html``;
  }
  const at = x(days.indexOf(worst)) + place.slot / 2;
  const end = at > WIDTH * 0.75;
  return html`<text
    class="note"
    x="${round(end ? at - 8 : at + 8)}"
    y="${round(place.scale.y(worst.meanDelay) + 4)}"
    text-anchor="${end ? 'end' : 'start'}"
    >${worst.day}, ${worst.meanDelay.toFixed(0)} min</text
  >`;
}

function fallback(days: Day[]): Html {
  const rows = days.map(
    (day) =>
      html`<tr>
        <th scope="row">${day.day}</th>
        <td>${count(day.flights)}</td>
        <td>${count(day.cancelled)}</td>
        <td>${day.meanDelay === null ? '–' : day.meanDelay.toFixed(1)}</td>
      </tr>`,
  );
  return html`<details>
    <summary>The same as a table</summary>
    ${tableOf(['day', 'flights', 'cancelled', 'mean delay, min'].map(columnHead), rows)}
  </details>`;
}

function maxBy<T>(items: T[], value: (item: T) => number): T | undefined {
  return items.reduce<T | undefined>(
    (best, item) => (best === undefined || value(item) > value(best) ? item : best),
    undefined,
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
