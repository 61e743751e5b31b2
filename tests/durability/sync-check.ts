import assert from 'node:assert/strict';
import type { Acknowledgement } from './load-client.ts';
import { orderOfId } from './orders.ts';
import type { TracedCall } from './strace.ts';

/** What a trace says about groups of the log and replies. */
export interface SyncReport {
  /** Different events a group, of all groups that were written whole. */
  readonly groupOrders: readonly number[];
  /** 202 replies of the service. */
  readonly replies: number;
  /** Orders whose reply began before a sync that began after the last write of their group had ended well. */
  readonly unsynced: readonly number[];
}

interface Group {
  readonly orders: Set<number>;
  /** Line of the trace at which its last write had returned. */
  readonly writtenAt: number;
}

const SYNCS: readonly string[] = ['fsync', 'fdatasync'];
const ORDER_ID = /order-\d{9}/g;
const CLIENT_PORT = /^TCP:\[.*->.*:(\d+)\]$/;
const ESCAPE = /\\(?:([0-7]{1,3})|(.))/g;
const CONTROL: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', v: '\v', f: '\f' };

/**
 * Holds every reply of a trace against the write-ahead log: file format of SQLite, "WAL File Format". A group is what is
 * written up to a commit frame.
 * @param walPath of the log that the service wrote
 * @param acknowledged by the client, in the order of its answers on each port
 */
export const checkSyncs = (
  calls: readonly TracedCall[],
  walPath: string,
  acknowledged: readonly Acknowledgement[],
): SyncReport => {
  const wal = calls.filter(({ file }) => file === walPath);
  const groups = groupsOf(wal.filter(({ name }) => name === 'pwrite64'));
  const syncs = wal.filter(({ name, result }) => SYNCS.includes(name) && result === 0);
  // A page is written again with every row that is added to it: what counts is the first time.
  const groupOf = new Map<number, Group>();
  for (const group of groups) for (const order of group.orders) if (!groupOf.has(order)) groupOf.set(order, group);

  const replies = repliesByPort(calls);
  const answered = new Map<number, number>();
  const unsynced: number[] = [];
  for (const { port, orders } of acknowledged) {
    const nth = answered.get(port) ?? 0;
    answered.set(port, nth + 1);
    const reply = replies.get(port)?.[nth];
    assert.ok(reply, `the trace shows answer ${nth} on port ${port}`);
    for (const order of orders) {
      const writtenAt = groupOf.get(order)?.writtenAt;
      assert.ok(writtenAt !== undefined, `the trace shows order ${order} on its way to the log`);
      if (!syncs.some(({ began, ended }) => began > writtenAt && ended < reply.began)) unsynced.push(order);
    }
  }
  const found = groups.map((group) => [...group.orders].filter((order) => groupOf.get(order) === group).length);
  return { groupOrders: found, replies: acknowledged.length, unsynced };
};

const repliesByPort = (calls: readonly TracedCall[]): Map<number, TracedCall[]> => {
  const replies = new Map<number, TracedCall[]>();
  for (const call of calls) {
    const port = CLIENT_PORT.exec(call.file)?.[1];
    if (port === undefined || !call.text.includes('HTTP/1.1 202 ')) continue;
    const ofPort = replies.get(Number(port));
    if (ofPort === undefined) replies.set(Number(port), [call]);
    else ofPort.push(call);
  }
  return replies;
};

/** Bytes of a frame's header; its page follows in a write of its own. */
const FRAME_HEADER_BYTES = 24;

const groupsOf = (writes: readonly TracedCall[]): Group[] => {
  const groups: Group[] = [];
  let orders = new Set<number>();
  let isLastPage = false;
  for (const { text, result, ended } of writes) {
    if (result === FRAME_HEADER_BYTES) {
      // Bytes 4 to 7: pages of the database after the commit, 0 in every other frame.
      isLastPage = bytesOf(text).subarray(4, 8).some(Boolean);
      continue;
    }
    for (const [id] of text.matchAll(ORDER_ID)) orders.add(orderOfId(id));
    if (!isLastPage) continue;
    groups.push({ orders, writtenAt: ended });
    orders = new Set();
    isLastPage = false;
  }
  return groups;
};

/** The string among the arguments of a call, with its escapes undone. */
const bytesOf = (text: string): Buffer => {
  const quoted = text.slice(text.indexOf('"') + 1, text.lastIndexOf('"'));
  const plain = quoted.replace(ESCAPE, (_, octal: string | undefined, other: string) =>
    octal === undefined ? (CONTROL[other] ?? other) : String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return Buffer.from(plain, 'latin1');
};
