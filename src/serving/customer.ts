import type { Consent } from '../features/read.ts';

/** What is known of a customer. */
export interface Customer {
  readonly customerId: string;
  readonly aliases: readonly string[];
  readonly at: string;
  readonly asOf: { readonly offset: number };
  /** By channel. */
  readonly consent: Readonly<Record<string, Consent>>;
  /** NaN becomes null on the wire: what is not known. */
  readonly features: Readonly<Record<string, number | null>>;
  readonly contacts: readonly unknown[];
  readonly decisions: readonly unknown[];
}
