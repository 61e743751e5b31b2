/** A structured CloudEvent as JSON gives it; what is given replaces the attributes of an ordinary order. */
export const cloudEvent = (attributes: Record<string, unknown> = {}): Record<string, unknown> => ({
  specversion: '1.0',
  type: 'order.placed',
  source: '/shop/orders',
  id: 'order-1',
  subject: 'C10023',
  time: '2024-03-05T10:11:12Z',
  data: { orderId: '1', amount: 59.9 },
  ...attributes,
});

/** An event of a type with its data. */
export const eventOf = (type: string, data: unknown): Record<string, unknown> => cloudEvent({ type, data });

/** UTF-8 bytes of a value as JSON. */
export const jsonBytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** JSON text of lists nested this deep. */
export const deepJson = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
