import { type handleServerStreamingCall, Metadata, type ServerWritableStream } from '@grpc/grpc-js';
import { BeckonError } from '../../base/errors.ts';
import type { Decision } from '../../decisions/decision.ts';
import { isOfCampaign, type OutgoingMessage } from '../../state/outbox-reader.ts';
import type { FollowerWay } from '../followers.ts';
import { ownError } from '../own-error.ts';
import { refuseWhenNotReady } from '../ready.ts';
import { checkCustomers } from '../score-question.ts';
import { type BehindNow, beginCall } from './call.ts';
import { CustomerNames } from './customer-names.ts';
import { decisionMessage } from './decision-message.ts';
import type { WatchRequest, WatchResponse } from './generated/beckon/v1/scoring.ts';
import { errorResponse } from './rich-error.ts';
import { checked } from './strict-messages.ts';
import { cutCall } from './under-call.ts';

type Call = ServerWritableStream<WatchRequest, WatchResponse>;

/** Tells from which cursor on a call watches, before anything has changed. */
const CURSOR = 'beckon-cursor';

/** `Watch`: the stream of decisions, for some customers. It outlives changes of the pack. */
export const watch = (behindNow: BehindNow): handleServerStreamingCall<WatchRequest, WatchResponse> => {
  const names = new CustomerNames();
  return (call) => {
    const behind = behindNow();
    const { onInternal } = behind.parts;
    const end = beginCall('ScoringService/Watch', behind);
    // As the call never ends by itself, what is counted and measured is its beginning.
    follow(call, behindNow, names).then(
      () => end(),
      (error: unknown) => {
        const own = ownError(error, onInternal);
        end(own);
        call.emit('error', errorResponse(own));
      },
    );
  };
};

const follow = async (call: Call, behindNow: BehindNow, names: CustomerNames): Promise<void> => {
  const { parts } = behindNow();
  refuseWhenNotReady(parts);
  const { customerIds, after, campaignId } = checked(call.request);
  if (customerIds.length === 0) throw new BeckonError('REQUEST_INVALID', 'customerIds must name a customer');
  checkCustomers(customerIds);
  if (after !== undefined && after < 0) throw new BeckonError('REQUEST_INVALID', 'after must not be negative');
  const { followers } = parts.stream;
  followers.checkRoom();
  const outbox = await parts.stream.outbox();
  const cursor = after ?? outbox.bounds().newest;
  // What cannot be followed is refused before anything is sent.
  outbox.after(cursor, 1);
  if (call.cancelled) return;
  const metadata = new Metadata();
  metadata.set(CURSOR, String(cursor));
  call.sendMetadata(metadata);
  const namesOf = (customer: string) => names.of(customer, behindNow().parts.reader);
  call.on('cancelled', followers.add(new WatchWay(call, new Set(customerIds), campaignId, namesOf), outbox, cursor));
};

/** To a follower over gRPC. */
class WatchWay implements FollowerWay {
  waitingBytes = 0;
  private readonly call: Call;
  private readonly asked: ReadonlySet<string>;
  private readonly campaign: string | undefined;
  private readonly namesOf: (customer: string) => readonly string[];

  constructor(
    call: Call,
    asked: ReadonlySet<string>,
    campaign: string | undefined,
    namesOf: (customer: string) => readonly string[],
  ) {
    this.call = call;
    this.asked = asked;
    this.campaign = campaign;
    this.namesOf = namesOf;
  }

  wants(message: OutgoingMessage): boolean {
    if (this.campaign !== undefined && !isOfCampaign(message, this.campaign)) return false;
    return this.askedId(message) !== undefined;
  }

  send(messages: readonly OutgoingMessage[]): void {
    for (const message of messages)
      this.write(responseOf(message, this.askedId(message) ?? message.customer), message.text.length);
  }

  beat(cursor: number): void {
    this.write({ decision: undefined, cursor, trigger: undefined }, 1);
  }

  end(why: BeckonError): void {
    this.call.emit('error', errorResponse(why));
  }

  cut(): void {
    cutCall(this.call);
  }

  /** Whoever knows a customer by another id than the own one is told of by that. */
  private askedId({ customer }: OutgoingMessage): string | undefined {
    const { asked } = this;
    return asked.has(customer) ? customer : this.namesOf(customer).find((name) => asked.has(name));
  }

  private write(response: WatchResponse, bytes: number): void {
    this.waitingBytes += bytes;
    this.call.write(response, () => {
      this.waitingBytes -= bytes;
    });
  }
}

/** What a message of the stream says. */
type Told = Pick<Decision, 'decisionId' | 'at' | 'decision' | 'segments' | 'scores'> & {
  readonly offset: number;
  /** Of a trigger. */
  readonly name?: string;
  readonly firedAt?: string;
};

const responseOf = ({ cursor, text }: OutgoingMessage, customerId: string): WatchResponse => {
  const { decisionId, at, offset, decision, segments, scores, name, firedAt } = JSON.parse(text) as Told;
  const told = { decisionId, customerId, at, asOf: { offset, lagMs: 0 }, decision, segments, scores };
  const nothing = { ranked: [], channels: [], suppressed: [], models: {}, reasons: [] };
  return {
    decision: decisionMessage({ ...told, ...nothing, known: true }),
    cursor,
    trigger: name === undefined || firedAt === undefined ? undefined : { name, firedAt },
  };
};
