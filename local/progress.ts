/** How often a line says that a long step is still at work where no spinner can be drawn, in milliseconds. */
const HEARTBEAT_MS = 15_000;
const FRAME_MS = 120;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Tells a step's own progress: "12 of 64 resources". */
export type Report = (detail: string) => void;

interface Running {
  readonly title: string;
  readonly began: number;
  detail: string;
  told: number;
}

/** A place to write progress to; `process.stderr` is one. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/**
 * Shows steps, several at a time: what, how far, how long. On a terminal the running ones share one live line; elsewhere there
 * are plain lines, with a sign of life every 15 seconds.
 */
export class Progress {
  private readonly began = Date.now();
  private readonly running = new Set<Running>();
  private readonly live: boolean;
  private timer: NodeJS.Timeout | undefined;
  private frame = 0;

  constructor(private readonly screen: Screen = process.stderr) {
    this.live = screen.isTTY === true && process.env.CI === undefined && process.env.TERM !== 'dumb';
  }

  /** Seconds since this progress began. */
  get seconds(): number {
    return (Date.now() - this.began) / 1000;
  }

  /** Runs a step and shows it until it ended; its error is passed on. */
  async step<T>(title: string, work: (report: Report) => Promise<T>): Promise<T> {
    const entry: Running = { title, began: Date.now(), detail: '', told: Date.now() };
    this.running.add(entry);
    this.start(entry);
    try {
      const result = await work((detail) => (entry.detail = detail));
      this.finish(entry, '✓');
      return result;
    } catch (error) {
      this.finish(entry, '✗');
      throw error;
    }
  }

  /** A line of its own. */
  note(text: string): void {
    this.clear();
    this.screen.write(`${clock(this.seconds)}  ${text}\n`);
  }

  private start(entry: Running): void {
    if (!this.live) {
      this.note(`· ${entry.title} …`);
    }
    this.timer ??= setInterval(() => this.tick(), this.live ? FRAME_MS : 1_000);
    this.timer.unref();
  }

  private finish(entry: Running, mark: string): void {
    this.running.delete(entry);
    const detail = entry.detail === '' ? '' : `: ${entry.detail}`;
    this.note(`${mark} ${entry.title}${detail} (${((Date.now() - entry.began) / 1000).toFixed(1)} s)`);
    if (this.running.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }

  private tick(): void {
    if (this.live) {
      const shown = [...this.running].map((entry) => describe(entry)).join(' · ');
      const line = `${clock(this.seconds)}  ${FRAMES[this.frame++ % FRAMES.length]} ${shown}`;
      this.clear();
      this.screen.write(line.slice(0, (this.screen.columns ?? 80) - 1));
      return;
    }
    for (const entry of this.running) {
      if (Date.now() - entry.told >= HEARTBEAT_MS) {
        entry.told = Date.now();
        this.note(`… ${describe(entry)}`);
      }
    }
  }

  private clear(): void {
    if (this.live) {
      this.screen.write('\r\u001b[2K');
    }
  }
}

/** Minutes and seconds, `0:07`. */
export function clock(seconds: number): string {
  return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}

function describe(entry: Running): string {
  const seconds = Math.round((Date.now() - entry.began) / 1000);
  return `${entry.title}${entry.detail === '' ? '' : `: ${entry.detail}`} (${seconds} s)`;
}
