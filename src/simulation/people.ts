import { TRAITS } from './words.ts';

/** Alias bits. */
export const ALIAS = { phone: 1, openid: 2, app: 4, wecom: 8 } as const;

/**
 * Everything about some people, in typed arrays: what they hide, how they are now, and what an operator has seen of them.
 * A place is given to one person after another.
 */
export class People {
  /** Number of the first one among all customers. */
  readonly first: number;
  readonly count: number;

  // Hidden and fixed
  readonly key: Uint32Array;
  readonly isBot: Uint8Array;
  readonly source: Uint8Array;
  readonly role: Uint8Array;
  readonly zone: Uint8Array;
  readonly priceClass: Uint8Array;
  readonly hourType: Uint8Array;
  readonly hourShift: Int8Array;
  readonly callHourType: Uint8Array;
  readonly joinDay: Int32Array;
  readonly movesDay: Int32Array;
  /** 0 all year, 1 first half, 2 second half. */
  readonly season: Uint8Array;
  readonly habitDay: Uint8Array;
  readonly basket: Float32Array;
  readonly halfLifeDays: Float32Array;
  readonly irritability: Float32Array;
  /** By category: supply used a day against what the packs say. */
  readonly use: Float32Array;
  /** By taste. */
  readonly taste: Float32Array;
  readonly trait: Float32Array;
  /** By channel: log-odds. */
  readonly reach: Float32Array;

  // Hidden and moving
  readonly kind: Uint8Array;
  /** Gone for good: buys only if won back. */
  readonly isGone: Uint8Array;
  /** By category: days of supply left, as the packs say. */
  readonly stock: Float32Array;
  /** By category: how fast this cycle goes. */
  readonly cycle: Float32Array;
  readonly irritation: Float32Array;
  readonly irritationDay: Float32Array;
  /** Orders that contacts still cause from `pushDay` on, spread by the market's delay. */
  readonly push: Float32Array;
  readonly pushDay: Float32Array;
  /** Number of the decision that pushed last, 0 for none; its action and channel. */
  readonly pushDecision: Uint32Array;
  readonly pushAction: Int8Array;
  readonly pushChannel: Int8Array;
  readonly couponFace: Float32Array;
  readonly couponEndMs: Float64Array;
  readonly couponNumber: Uint32Array;
  readonly couponDecision: Uint32Array;
  /** A contact advised for a later moment. */
  readonly waitingMs: Float64Array;
  readonly waitingAction: Int8Array;
  readonly waitingChannel: Int8Array;
  readonly waitingDecision: Uint32Array;
  readonly waitingCampaign: Uint8Array;
  /** Days on which the link of the openid comes; past the end where it never does. */
  readonly linkDay: Int32Array;

  // What an operator sees
  readonly sequence: Uint32Array;
  readonly decisions: Uint32Array;
  readonly aliases: Uint8Array;
  readonly isFriend: Uint8Array;
  readonly isInGroup: Uint8Array;
  /** Bit by channel. */
  readonly consents: Uint16Array;
  readonly orders: Uint16Array;
  readonly spent: Float32Array;
  readonly firstOrderMs: Float64Array;
  readonly lastOrderMs: Float64Array;
  /** Supply of the last order's lines, the soonest to run out; 0 where unknown. */
  readonly lastSupplyDays: Float32Array;
  readonly redeemed: Uint16Array;
  readonly tier: Uint8Array;
  /** `month * 32 + day`, 0 where unknown. */
  readonly birthday: Uint16Array;
  readonly complaintMs: Float64Array;
  readonly careMs: Float64Array;
  readonly ticketEndMs: Float64Array;
  readonly contactMs: Float64Array;
  /** By channel. */
  readonly sent: Uint16Array;
  readonly responded: Uint16Array;

  constructor(first: number, count: number, categories: number, tastes: number, channels: number) {
    this.first = first;
    this.count = count;
    const u8 = (): Uint8Array => new Uint8Array(count);
    const i8 = (): Int8Array => new Int8Array(count);
    const u16 = (each = 1): Uint16Array => new Uint16Array(count * each);
    const u32 = (): Uint32Array => new Uint32Array(count);
    const i32 = (): Int32Array => new Int32Array(count);
    const f32 = (each = 1): Float32Array => new Float32Array(count * each);
    const f64 = (): Float64Array => new Float64Array(count);
    this.key = u32();
    this.isBot = u8();
    this.source = u8();
    this.role = u8();
    this.zone = u8();
    this.priceClass = u8();
    this.hourType = u8();
    this.hourShift = i8();
    this.callHourType = u8();
    this.joinDay = i32();
    this.movesDay = i32();
    this.season = u8();
    this.habitDay = u8();
    this.basket = f32();
    this.halfLifeDays = f32();
    this.irritability = f32();
    this.use = f32(categories);
    this.taste = f32(tastes);
    this.trait = f32(TRAITS.length);
    this.reach = f32(channels);
    this.kind = u8();
    this.isGone = u8();
    this.stock = f32(categories);
    this.cycle = f32(categories);
    this.irritation = f32();
    this.irritationDay = f32();
    this.push = f32();
    this.pushDay = f32();
    this.pushDecision = u32();
    this.pushAction = i8();
    this.pushChannel = i8();
    this.couponFace = f32();
    this.couponEndMs = f64();
    this.couponNumber = u32();
    this.couponDecision = u32();
    this.waitingMs = f64();
    this.waitingAction = i8();
    this.waitingChannel = i8();
    this.waitingDecision = u32();
    this.waitingCampaign = u8();
    this.linkDay = i32();
    this.sequence = u32();
    this.decisions = u32();
    this.aliases = u8();
    this.isFriend = u8();
    this.isInGroup = u8();
    this.consents = u16();
    this.orders = u16();
    this.spent = f32();
    this.firstOrderMs = f64();
    this.lastOrderMs = f64();
    this.lastSupplyDays = f32();
    this.redeemed = u16();
    this.tier = u8();
    this.birthday = u16();
    this.complaintMs = f64();
    this.careMs = f64();
    this.ticketEndMs = f64();
    this.contactMs = f64();
    this.sent = u16(channels);
    this.responded = u16(channels);
  }
}
