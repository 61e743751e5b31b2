import { collectGarbage } from '../../base/garbage.ts';

/**
 * Lets go of shared memory that nobody in this thread looks at any more. It is given back when every thread has; V8 counts
 * it for none of them, so its own collections would come too late. Takes the loop for some 10 ms.
 */
export const giveBackMemory = (): void => collectGarbage();
