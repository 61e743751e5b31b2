import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * Lets go of shared memory that nobody in this thread looks at any more. It is given back when every thread has; V8 counts
 * it for none of them, so its own collections would come too late. Takes the loop for some 10 ms.
 */
export const giveBackMemory = (): void => {
  // Never switched off again: the flag is the whole process's, and another thread may be between it and its own `gc`.
  setFlagsFromString('--expose-gc');
  collect ??= runInNewContext('gc') as () => void;
  collect();
};
