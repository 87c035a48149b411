/** The streamed dataset that another follows from, by windows of event time. */
export interface ContractDerivation {
  /** The dataset, of the same zone, which comes from a topic. */
  readonly dataset: string;

  /** How many minutes after the newest event a window is still open; what comes for a closed one is kept as late. */
  readonly allowedLatenessMinutes: number;
}
