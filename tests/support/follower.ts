import { request } from 'node:http';
import type { TestContext } from 'node:test';

/** A message as it came over Server-Sent Events. */
export interface Followed {
  readonly id: number;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests name the fields they expect
  readonly data: any;
}

/** Follows a stream of Server-Sent Events until the test ends. */
export class Follower {
  readonly messages: Followed[] = [];
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  private text = '';
  private wake: (() => void) | undefined;
  private readonly asked;

  constructor(t: Pick<TestContext, 'after'>, address: string, path: string, headers: Record<string, string> = {}) {
    const [host, port] = address.split(':');
    const end = Promise.withResolvers<void>();
    this.ended = end.promise;
    this.asked = request({ host, port, path, headers, agent: false }, (response) => {
      response.setEncoding('utf8').on('data', (chunk: string) => this.take(chunk));
      response.on('close', end.resolve);
    });
    this.asked.on('error', () => end.resolve());
    this.asked.end();
    t.after(() => this.close());
  }

  close(): void {
    this.asked.destroy();
  }

  /** Resolves when a message fits. */
  async until(fits: (message: Followed) => boolean): Promise<Followed> {
    for (;;) {
      const found = this.messages.find(fits);
      if (found !== undefined) return found;
      const woken = Promise.withResolvers<void>();
      this.wake = woken.resolve;
      await woken.promise;
    }
  }

  private take(chunk: string): void {
    this.text += chunk;
    const parts = this.text.split('\n\n');
    this.text = parts.pop() as string;
    for (const part of parts) {
      const fields = new Map(part.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]));
      const data = fields.get('data');
      if (data === undefined) continue;
      this.messages.push({
        id: Number(fields.get('id')),
        event: fields.get('event') as string,
        data: JSON.parse(data),
      });
    }
    this.wake?.();
  }
}
