import { EVENT_ID, type Event, SCALAR_STYLE, type ScalarEvent, getScalarValue } from 'js-yaml';

/** Where in a document a value is: keys and positions from the root. */
export type DocumentPath = (string | number)[];

/** Where the key and the value of an entry stand among the events; an item of a list has no key. */
interface Entry {
  readonly key?: number;
  readonly value: number;
}

/**
 * Where the values of a YAML document stand, found by walking the events of its parser.
 *
 * Nothing is prepared: only who has something to say of a value looks for it.
 */
export class YamlPlaces {
  constructor(
    private readonly events: Event[],
    private readonly text: string,
  ) {}

  /** Where the value at that path stands, or what is nearest around it; from 0. */
  public offsetOf(path: DocumentPath): number {
    let offset = 0;
    let index = 1;
    for (const step of path) {
      const entry = this.entry(index, step);
      if (entry === undefined) {
        return offset;
      }
      offset = this.start(entry.value) ?? this.start(entry.key ?? entry.value) ?? offset;
      index = entry.value;
    }
    return offset;
  }

  /** Where that key of the mapping at that path stands, or what is nearest around it; from 0. */
  public offsetOfKey(path: DocumentPath, key: string): number {
    let index = 1;
    for (const step of path) {
      index = this.entry(index, step)?.value ?? -1;
    }
    const found = this.entry(index, key)?.key;
    return (found === undefined ? undefined : this.start(found)) ?? this.offsetOf(path);
  }

  /** What is written as the scalar at that path; undefined where none stands there. */
  public textOf(path: DocumentPath): string | undefined {
    const index = path.reduce<number>((at, step) => this.entry(at, step)?.value ?? -1, 1);
    return this.scalar(index);
  }

  private entry(collection: number, step: string | number): Entry | undefined {
    const type = this.events[collection]?.type;
    if (type !== EVENT_ID.MAPPING && type !== EVENT_ID.SEQUENCE) {
      return undefined;
    }
    let position = 0;
    for (let index = collection + 1; this.events[index]?.type !== EVENT_ID.POP; position++) {
      const key = type === EVENT_ID.MAPPING ? index : undefined;
      const value = key === undefined ? index : this.after(index);
      if (step === (key === undefined ? position : this.scalar(key))) {
        return { key, value };
      }
      index = this.after(value);
    }
    return undefined;
  }

  /** The event after those of the value that begins at `index`. */
  private after(index: number): number {
    let open = 0;
    let next = index;
    do {
      const type = this.events[next]?.type;
      open += type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE ? 1 : type === EVENT_ID.POP ? -1 : 0;
      next++;
    } while (open > 0);
    return next;
  }

  private scalar(index: number): string | undefined {
    const event = this.events[index];
    return event?.type === EVENT_ID.SCALAR ? getScalarValue(this.text, event) : undefined;
  }

  /** Where an event begins in the text; undefined when nothing stands there. */
  private start(index: number): number | undefined {
    const event = this.events[index];
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return event.valueStart < 0 ? undefined : event.valueStart - (isQuoted(event) ? 1 : 0);
      case EVENT_ID.MAPPING:
      case EVENT_ID.SEQUENCE:
        return event.start;
      case EVENT_ID.ALIAS:
        return event.anchorStart;
      default:
        return undefined;
    }
  }
}

/** The parser counts from behind the quotation mark. */
function isQuoted({ style }: ScalarEvent): boolean {
  return style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED;
}
