import { iteratorOf, type Source } from './groups.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Under way at a time: enough to keep some serving threads busy. */
const UNDER_WAY_MAX = 64;

/** How something ended, told by a promise that never rejects: nobody may be waiting for it yet. */
type Ended<Answer> = { readonly answer: Answer } | { readonly failure: unknown };

/** Answers in the order of the questions, some of which are under way together; one that fails ends the stream. */
export async function* inOrder<Question, Answer>(
  questions: Source<Question>,
  ask: (question: Question) => Promise<Answer>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Answer, void> {
  const iterator = iteratorOf(questions);
  const underWay: Promise<Ended<Answer>>[] = [];
  const askNext = (): Promise<IteratorResult<Question>> => {
    const next = Promise.resolve(iterator.next());
    // Thrown where it is waited for.
    next.catch(() => {});
    return next;
  };
  try {
    let next: Promise<IteratorResult<Question>> | undefined = askNext();
    while (next !== undefined || underWay.length > 0) {
      const hasRoom: boolean = next !== undefined && underWay.length < UNDER_WAY_MAX;
      const step: IteratorResult<Question> | undefined =
        hasRoom && next !== undefined
          ? await unlessAborted(Promise.race([next, ...underWay.slice(0, 1).map(nothing)]), signal)
          : undefined;
      if (step === undefined) {
        const ended = (await underWay.shift()) as Ended<Answer>;
        if ('failure' in ended) throw ended.failure;
        yield ended.answer;
      } else if (step.done === true) next = undefined;
      else {
        underWay.push(settled(ask(step.value)));
        next = askNext();
      }
    }
  } finally {
    // Not waited for: a source that waits itself would hold the end of the stream.
    void iterator.return?.();
  }
}

const nothing = async (promise: Promise<unknown>): Promise<undefined> => {
  await promise;
};

const settled = async <Answer>(asked: Promise<Answer>): Promise<Ended<Answer>> => {
  try {
    return { answer: await asked };
  } catch (failure) {
    return { failure };
  }
};
