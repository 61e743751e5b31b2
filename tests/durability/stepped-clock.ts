/** Loaded before a service: its wall clock is off by the milliseconds that a file says, whenever it is asked. */
import { readFileSync } from 'node:fs';

const file = process.env.STEPPED_CLOCK as string;
const nowMs = Date.now.bind(Date);
Date.now = () => nowMs() + Number(readFileSync(file, 'latin1'));
