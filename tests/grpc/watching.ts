import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as grpc from '@grpc/grpc-js';
import { until } from '../support/until.ts';
import type { GrpcClient, Message } from './grpc-client.ts';

/** A call of `Watch` that gathers what it is told. */
export class Watching {
  readonly answers: Message[] = [];
  readonly call: Message;
  readonly over: Promise<grpc.StatusObject>;

  constructor(client: GrpcClient, asked: object, options: grpc.CallOptions = {}) {
    this.call = client.open('ScoringService', 'watch', asked, options);
    this.call.on('data', (answer: Message) => this.answers.push(answer)).on('error', () => {});
    this.over = new Promise((resolve) => this.call.on('status', resolve));
  }

  /** @returns the cursor from which on it watches */
  async begun(): Promise<number> {
    const [metadata] = await once(this.call, 'metadata');
    return Number(metadata.get('beckon-cursor')[0]);
  }

  get told(): string[] {
    return this.answers.map(({ decision: { customerId, decision } }) => `${customerId} ${decision.actionId}`);
  }

  /** Waits until it was told so much, and looks at the end of it; customers of one moment come in any order. */
  async until(told: readonly string[]): Promise<void> {
    await until(() => this.told.length >= told.length);
    assert.deepEqual(this.told.slice(-told.length).sort(), told);
  }

  /** @returns the gRPC status and the code of ours */
  async refusal(): Promise<string> {
    const { code, metadata } = await this.over;
    const [rich] = metadata.get('grpc-status-details-bin');
    return `${grpc.status[code]} ${/[A-Z]+(_[A-Z]+)+/.exec(String(rich))?.[0]}`;
  }
}
