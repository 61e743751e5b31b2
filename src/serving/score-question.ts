import Type, { type Static } from 'typebox';
import { BeckonError } from '../base/errors.ts';
import { idProblem } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import type { BatchRequest, ScoreRequest } from '../decisions/decision.ts';
import { CHANNELS } from '../events/channels.ts';
import { askedTimeMs } from './asked-time.ts';

const strict = { additionalProperties: false } as const;
const Id = Type.String({ minLength: 1, maxLength: 1024 });
const Asked = {
  campaignId: Type.Optional(Id),
  context: Type.Optional(
    Type.Record(
      Type.String({ pattern: '^(?!__proto__$).{1,64}$' }),
      Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
      { ...strict, maxProperties: 64 },
    ),
  ),
  channels: Type.Optional(Type.Array(Type.Enum([...CHANNELS]), { maxItems: CHANNELS.length })),
  actions: Type.Optional(Type.Array(Id, { maxItems: 256 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  at: Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339; now where it is absent' })),
};

/** What is asked about one customer. */
export const ScoreQuestion = Type.Object({ customerId: Id, ...Asked, explain: Type.Optional(Type.Boolean()) }, strict);
export type ScoreQuestion = Static<typeof ScoreQuestion>;

/** What is asked about many customers. */
export const BatchQuestion = Type.Object(
  { customerIds: Type.Array(Id, { minItems: 1 }), ...Asked, record: Type.Optional(Type.Boolean()) },
  strict,
);
export type BatchQuestion = Static<typeof BatchQuestion>;

/** @param question that fits {@link ScoreQuestion}. @throws BeckonError REQUEST_INVALID */
export const scoreRequestOf = ({ at, ...asked }: ScoreQuestion): ScoreRequest => {
  checkId('customerId', asked.customerId);
  return { ...asked, atMs: askedTimeMs(at) };
};

/** @param question that fits {@link BatchQuestion}. @throws BeckonError REQUEST_INVALID, BATCH_TOO_LARGE */
export const batchRequestOf = ({ at, record: _record, ...asked }: BatchQuestion): BatchRequest => {
  checkCustomers(asked.customerIds);
  return { ...asked, atMs: askedTimeMs(at) };
};

/** @throws BeckonError REQUEST_INVALID, BATCH_TOO_LARGE */
export const checkCustomers = (customerIds: readonly string[]): void => {
  checkCount(customerIds.length);
  for (let i = 0; i < customerIds.length; i++) checkCustomer(customerIds[i], i);
};

/** @throws BeckonError BATCH_TOO_LARGE */
export const checkCount = (count: number): void => {
  const { customersPerRequestMax: limit } = LIMITS;
  if (count > limit)
    throw new BeckonError('BATCH_TOO_LARGE', `the request names ${count} customers; at most ${limit} are allowed`, {
      details: { limit, count },
    });
};

/** @param index among the customers of the request. @throws BeckonError REQUEST_INVALID */
export const checkCustomer = (customerId: string, index: number): void => {
  const problem = idProblem(customerId, LIMITS.idBytesMax);
  if (problem !== undefined) throw new BeckonError('REQUEST_INVALID', `customerIds[${index}] ${problem}`);
};

const checkId = (name: string, id: string): void => {
  const problem = idProblem(id, LIMITS.idBytesMax);
  if (problem !== undefined) throw new BeckonError('REQUEST_INVALID', `${name} ${problem}`);
};

/** An error of one question among many. */
export const ofQuestion = (error: BeckonError, index: number): BeckonError =>
  new BeckonError(error.code, `customerIds[${index}]: ${error.message}`, {
    details: { ...error.details, index },
    cause: error.cause,
  });
