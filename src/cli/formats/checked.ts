import type { Event } from '../../events/event.ts';
import { isProblem, readEvent } from '../../events/validate.ts';
import type { Format } from './format.ts';

/** A format whose events have passed the checks of `POST /v1/events`; the others are counted in the tally. */
export const checked = (format: Format): Format =>
  async function* (file, tally) {
    for await (const events of format(file, tally)) {
      const good: Event[] = [];
      for (const event of events) {
        const { type, source, id, subject, data } = event;
        const result = readEvent({ specversion: '1.0', type, source, id, subject, data });
        if (isProblem(result)) tally.reject(result.code, 1, `${file.path} event ${id}: ${result.message}`);
        else good.push(event);
      }
      yield good;
    }
  };
