/** A message of a stream of Server-Sent Events; a heartbeat has no data. */
export interface ServerSentEvent {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string | undefined;
}

/** Reads the messages of a stream as the service writes them: lines end in LF, data is one line. */
export async function* serverSentEvents(chunks: AsyncIterable<string>): AsyncGenerator<ServerSentEvent, void> {
  let text = '';
  for await (const chunk of chunks) {
    text += chunk;
    let end = text.indexOf('\n\n');
    for (; end >= 0; end = text.indexOf('\n\n')) {
      yield messageOf(text.slice(0, end));
      text = text.slice(end + 2);
    }
  }
}

const messageOf = (block: string): ServerSentEvent => {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    fields.set(line.slice(0, colon), line.slice(colon + 1).trimStart());
  }
  return { id: fields.get('id'), event: fields.get('event'), data: fields.get('data') };
};
