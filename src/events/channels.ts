/** How we reach someone. The order is fixed for ever: the index is the code in rows and in the log; new ones go last. */
export const CHANNELS = [
  'wecom',
  'wecom_group',
  'moments',
  'official_account',
  'sms',
  'ai_call',
  'human_call',
  'im_ticket',
  'app_push',
  'mini_program',
  'live',
  'email',
] as const;
export type Channel = (typeof CHANNELS)[number];

/** What became of a call. The order is fixed like that of the channels. */
export const DISPOSITIONS = [
  'answered_converted',
  'answered_interested',
  'answered_not_interested',
  'answered_callback',
  'answered_refused',
  'no_answer',
  'busy',
  'voicemail',
  'invalid_number',
  'dropped',
  'failed',
] as const;

const CHANNEL_CODES = new Map<string, number>(CHANNELS.map((channel, code) => [channel, code]));
const DISPOSITION_CODES = new Map<string, number>(DISPOSITIONS.map((disposition, code) => [disposition, code]));

/** Stable code of a channel, -1 where there is none of that name. */
export const channelCode = (channel: string): number => CHANNEL_CODES.get(channel) ?? -1;

/** Stable code of a disposition, -1 where there is none of that name. */
export const dispositionCode = (disposition: string): number => DISPOSITION_CODES.get(disposition) ?? -1;
