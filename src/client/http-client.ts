import type { Decision } from '../decisions/decision.ts';
import type { StreamMessage } from '../decisions/stream-message.ts';
import type { Appended } from '../serving/append.ts';
import type { Customer } from '../serving/customer.ts';
import type { Model } from '../serving/grpc/generated/beckon/v1/models.ts';
import type { BatchQuestion, ScoreQuestion } from '../serving/score-question.ts';
import { AppendTotal } from './append-total.ts';
import type {
  AppendedStream,
  BeckonClient,
  CustomerOptions,
  FollowOptions,
  Scored,
  StreamOptions,
} from './beckon-client.ts';
import { CallError } from './call-error.ts';
import type { Caller, CallOptions } from './caller.ts';
import { followDecisions } from './decision-stream.ts';
import { type BeckonEvent, cloudEventText } from './event.ts';
import { groupsOf, type Source } from './groups.ts';
import { HttpConnection } from './http-connection.ts';
import { httpDecisions } from './http-decisions.ts';
import { inOrder } from './in-order.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };
const EVENTS_HEADERS = { 'content-type': 'application/cloudevents-batch+json' };

/** {@link BeckonClient} over HTTP. */
export class HttpClient implements BeckonClient {
  private readonly http: HttpConnection;
  private readonly caller: Caller;

  constructor(address: string, caller: Caller) {
    this.http = new HttpConnection(address);
    this.caller = caller;
  }

  score(question: ScoreQuestion, options: CallOptions = {}): Promise<Decision> {
    return this.post<Decision>('/v1/score', JSON_HEADERS, JSON.stringify(question), options);
  }

  async scoreBatch(question: BatchQuestion, options: CallOptions = {}): Promise<readonly Decision[]> {
    const body = JSON.stringify(question);
    const { results } = await this.post<{ results: Decision[] }>('/v1/score/batch', JSON_HEADERS, body, options);
    return results;
  }

  scores(questions: Source<ScoreQuestion>, { signal }: StreamOptions = {}): AsyncGenerator<Scored, void> {
    return inOrder(
      questions,
      async (question): Promise<Scored> => {
        try {
          const body = JSON.stringify(question);
          const asked = { method: 'POST', path: '/v1/score', headers: JSON_HEADERS, body, signal } as const;
          return { question, decision: (await this.http.ask(asked)) as Decision };
        } catch (error) {
          signal?.throwIfAborted();
          if (error instanceof CallError && error.isRefusal) return { question, error };
          throw error;
        }
      },
      signal,
    );
  }

  append(events: BeckonEvent | readonly BeckonEvent[], options: CallOptions = {}): Promise<Appended> {
    const texts = [events].flat().map(cloudEventText);
    return this.appendTexts(texts, options);
  }

  async appendStream(events: Source<BeckonEvent>, { signal }: StreamOptions = {}): Promise<AppendedStream> {
    const total = new AppendTotal();
    // One group after another: two under way could change places, and with them the events of a customer.
    for await (const texts of groupsOf(events, cloudEventText, Buffer.byteLength, signal))
      try {
        total.add(texts.length, await this.appendTexts(texts, { signal }));
      } catch (error) {
        if (!(error instanceof CallError) || error.rejected.length === 0) throw error;
        total.add(texts.length, { accepted: 0, duplicates: 0, rejected: error.rejected });
      }
    return total.answer();
  }

  decisions(options: FollowOptions = {}): AsyncGenerator<StreamMessage, void> {
    return followDecisions((place) => httpDecisions(this.http, place, options), options);
  }

  customer(customerId: string, { at, ...options }: CustomerOptions = {}): Promise<Customer> {
    const query = at === undefined ? '' : `?${new URLSearchParams({ at })}`;
    return this.ask<Customer>('GET', `/v1/customers/${encodeURIComponent(customerId)}${query}`, options);
  }

  async eraseCustomer(customerId: string, options: CallOptions = {}): Promise<void> {
    await this.ask('DELETE', `/v1/customers/${encodeURIComponent(customerId)}`, options);
  }

  async models(options: CallOptions = {}): Promise<readonly Model[]> {
    return (await this.ask<{ models: Model[] }>('GET', '/v1/models', options)).models;
  }

  close(): void {
    this.http.close();
  }

  private appendTexts(texts: readonly string[], options: CallOptions): Promise<Appended> {
    return this.post<Appended>('/v1/events', EVENTS_HEADERS, `[${texts.join(',')}]`, options);
  }

  private ask<Answer>(method: 'GET' | 'DELETE', path: string, options: CallOptions): Promise<Answer> {
    return this.caller.call(options, ({ signal }) => this.http.ask({ method, path, signal }) as Promise<Answer>);
  }

  private post<Answer>(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    options: CallOptions,
  ): Promise<Answer> {
    return this.caller.call(
      options,
      ({ signal }) => this.http.ask({ method: 'POST', path, headers, body, signal }) as Promise<Answer>,
    );
  }
}
