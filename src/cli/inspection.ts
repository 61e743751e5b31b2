import type { CommandArgs, CommandIo } from './command.ts';

/**
 * Looks at one thing for `beckon inspect`.
 * @param subject what the thing is of, such as a customer's id; an empty text where it needs none
 * @returns what is printed as JSON
 */
export type Inspection = (subject: string, args: CommandArgs, io: CommandIo) => Promise<unknown>;
