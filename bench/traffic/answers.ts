interface Answer {
  readonly customerId: string;
  readonly known: boolean;
  readonly scores: Readonly<Record<string, number>>;
}

const startOf = (text: string): string => text.slice(0, 160);

/** What is wrong with a decision about a customer who is known: whose it is, and whether its scores are probabilities. */
export const decisionProblem = (decision: Answer, customerId: string): string | undefined => {
  if (decision.customerId !== customerId) return `asked for ${customerId}, answered ${decision.customerId}`;
  if (!decision.known) return `${customerId} is loaded, and answered as unknown`;
  const scores = Object.values(decision.scores);
  if (scores.length === 0) return `${customerId} has no scores`;
  const bad = scores.find((score) => typeof score !== 'number' || !(score >= 0 && score <= 1));
  return bad === undefined ? undefined : `a score of ${customerId} is ${bad}`;
};

/** The same of an answer's text. @param isThorough parsed and looked at whole; else only whose answer it is */
export const scoreProblem = (text: string, customerId: string, isThorough: boolean): string | undefined => {
  if (!text.includes(`"customerId":"${customerId}","known":true`) || !text.includes('"scores":{"'))
    return `not an answer about ${customerId}: ${startOf(text)}`;
  return isThorough ? decisionProblem(JSON.parse(text) as Answer, customerId) : undefined;
};

/**
 * The same of a batch: all customers, in order. The text is gone through once, and one decision is looked at whole;
 * parsing all of it would take the client longer than the server took to make it.
 */
export const batchProblem = (text: string, customerIds: readonly string[]): string | undefined => {
  const from = text.indexOf('{"decisionId"');
  const to = text.indexOf(',{"decisionId"', from);
  let at = 0;
  for (const customerId of customerIds) {
    at = text.indexOf(`"customerId":"${customerId}","known":true`, at);
    if (at < 0) return `${customerId} of a batch is not at its place, or unknown: ${startOf(text)}`;
  }
  if (text.indexOf('"customerId":', at + 1) >= 0) return 'more results than customers';
  return decisionProblem(JSON.parse(text.slice(from, to < 0 ? -2 : to)) as Answer, customerIds[0]);
};

export const acceptedProblem = (text: string, events: number): string | undefined =>
  text === `{"accepted":${events},"duplicates":0,"rejected":[]}` ? undefined : `not all accepted: ${startOf(text)}`;
