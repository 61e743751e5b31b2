import { kindOfBuyer } from './birth.ts';
import { DAY_MS, HOUR_MS } from './calendar.ts';
import { draw, drawExponential, drawNormal, PURPOSE, pick } from './draws.ts';
import { moneyText, timeText } from './event-text.ts';
import { categoryNeed, fill } from './need.ts';
import { irritate } from './response.ts';
import { KIND } from './words.ts';
import type { World } from './world.ts';

const SURFACES = ['mini_program', 'store', 'app', 'live'];
const TOP_UPS = [100, 200, 500];
const TIER_NAMES = ['regular', 'silver', 'gold', 'diamond', 'star', 'crown', 'legend'];

/** Chance that a category is on the list of an order of a regular customer. */
const listChance = (world: World, p: number, category: number): number =>
  world.people.use[p * world.truth.categories.length + category] === 0
    ? 0
    : further(world) + (1 - further(world)) * categoryNeed(world, p, category);

const further = ({ setting }: World): number => setting.file.people.basket.further;

/** The item that is taken of a category: by how it is liked in general and by the own taste. */
const chooseItem = ({ people, truth, today, setting }: World, p: number, category: number, u: number): number => {
  const items = truth.itemsOf[category];
  const weights = items.map((i) => {
    const { taste, weight, festival } = truth.items[i];
    const season =
      festival !== undefined && today.festivals.includes(festival) ? setting.file.people.basket.festival : 1;
    return weight * season * Math.exp(people.taste[p * truth.tastes.length + taste]);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return items[
    pick(
      u,
      weights.map((weight) => weight / total),
    )
  ];
};

/**
 * An order: lines, discounts, what is used of coupons, what follows (refund, ticket, feedback, tier, top-up), what it does
 * to the person.
 * @param decision number of the decision that it may name as its cause, 0 for none
 */
export const placeOrder = (world: World, p: number, timeMs: number, decision: number): void => {
  const { people, truth, today, setting, ledger, figures } = world;
  const { file } = setting;
  const { basket } = file.people;
  const key = people.key[p];
  const { day } = today;
  const u = (purpose: number, n = 0): number => draw(key, purpose, day * 64 + n);
  const isFirst = people.orders[p] === 0;
  const isRegular = people.kind[p] === KIND.regular && !isFirst;
  const categories = truth.categories.length;
  const priceClass = file.people.priceClasses[people.priceClass[p]];
  const stocksUp =
    today.promotion > 1 &&
    u(PURPOSE.stockUp) <
      (truth.file.need.stockUp * people.priceClass[p]) / Math.max(1, file.people.priceClasses.length - 1);
  let listed = 0;
  if (isRegular)
    for (let k = 0; k < categories; k++) if (u(PURPOSE.line, k) < listChance(world, p, k)) listed |= 1 << k;
  if (listed === 0) listed = 1 << mostNeeded(world, p);
  const wanted = isRegular ? basket.regular * people.basket[p] : basket.first * Math.sqrt(people.basket[p]);
  const off = today.promotion > 1 ? truth.file.calendar.discount : 0;
  const lines: string[] = [];
  let listPrice = 0;
  let margin = 0;
  let soonest = Number.POSITIVE_INFINITY;
  for (let k = 0; k < categories; k++) {
    if ((listed & (1 << k)) === 0) continue;
    const item = truth.items[chooseItem(world, p, k, u(PURPOSE.line, 32 + k))];
    const noise = Math.exp(drawNormal(key, PURPOSE.quantity, day * 64 + k) * basket.quantitySpread);
    const quantity = Math.min(50, Math.max(1, Math.round(wanted * noise * (stocksUp ? basket.stockUp : 1))));
    listPrice += item.price * quantity;
    margin += item.price * quantity * item.margin;
    soonest = Math.min(soonest, item.supplyDays * quantity);
    fill(world, p, k, item.supplyDays * quantity);
    if (!world.isSilent)
      lines.push(
        `{"sku":"${item.sku}","quantity":${quantity},"price":${moneyText(item.price)},"category":"${truth.categories[k]}","supplyDays":${item.supplyDays}}`,
      );
  }
  let discount = listPrice * off;
  const usesCoupon =
    people.couponFace[p] > 0 && timeMs < people.couponEndMs[p] && u(PURPOSE.redeem) < priceClass.redeem;
  if (usesCoupon) discount += Math.min(people.couponFace[p], basket.couponMax * listPrice);
  const amount = Math.round((listPrice - discount) * 100) / 100;
  const orderId = `o${setting.seed}-${people.first + p}-${people.orders[p] + 1}`;
  const named = usesCoupon && people.couponDecision[p] !== 0 ? people.couponDecision[p] : decision;
  tellOrder(world, p, timeMs, { orderId, amount, discount, lines, named, usesCoupon });
  if (usesCoupon) {
    people.couponFace[p] = 0;
    people.redeemed[p]++;
  }
  const isRefunded = u(PURPOSE.refund) < file.service.refund;
  if (isRefunded) {
    const refundMs = timeMs + (1 + u(PURPOSE.refund, 1) * 9) * DAY_MS;
    world.tell(p, 'order.refunded', refundMs, `{"orderId":"${orderId}","amount":${moneyText(amount)}}`);
  }
  people.orders[p]++;
  if (isFirst) people.firstOrderMs[p] = timeMs;
  people.lastOrderMs[p] = timeMs;
  people.lastSupplyDays[p] = soonest;
  people.spent[p] += amount;
  figures.orders++;
  if (isRefunded) figures.refunds++;
  else ledger.revenue += amount;
  if (day >= 0) {
    ledger.orders++;
    if (!isRefunded) ledger.margin += margin - discount;
    ledger.discount += discount;
  }
  changeBy(world, p, isFirst);
  followUp(world, p, timeMs, isRegular);
};

/** Mean factor that the noise of quantities adds, and that rounding up to a whole item adds to small ones. */
const QUANTITY_NOISE = 1.06;

/** What an order of a person is expected to come to, at list prices. */
export const expectedPrice = (world: World, p: number, isRegular: boolean): number =>
  expected(world, p, isRegular, false);

/** Margin of an order that is expected of a person, before discounts. */
export const expectedMargin = (world: World, p: number, isRegular: boolean): number =>
  expected(world, p, isRegular, true);

const expected = (world: World, p: number, isRegular: boolean, isMargin: boolean): number => {
  const { people, truth, setting } = world;
  const { basket } = setting.file.people;
  const quantity = Math.max(
    1,
    (isRegular ? basket.regular * people.basket[p] : basket.first * Math.sqrt(people.basket[p])) * QUANTITY_NOISE,
  );
  let money = 0;
  let others = 1;
  const most = mostNeeded(world, p);
  for (let k = 0; k < truth.categories.length; k++) {
    const chance = isRegular ? listChance(world, p, k) : k === most ? 1 : 0;
    money += chance * truth.meanPrice[k] * (isMargin ? truth.meanMargin[k] : 1);
    others *= 1 - chance;
  }
  // With nothing else on the list there is what is needed most.
  money += others * truth.meanPrice[most] * (isMargin ? truth.meanMargin[most] : 1);
  return money * quantity;
};

const mostNeeded = (world: World, p: number): number => {
  const { people, truth } = world;
  const categories = truth.categories.length;
  let most = 0;
  let best = -1;
  for (let k = 0; k < categories; k++) {
    const use = people.use[p * categories + k];
    const wish = use === 0 ? -1 : categoryNeed(world, p, k) + 0.01 * use;
    if (wish > best) {
      best = wish;
      most = k;
    }
  }
  return most;
};

interface OrderFacts {
  readonly orderId: string;
  readonly amount: number;
  readonly discount: number;
  readonly lines: readonly string[];
  readonly named: number;
  readonly usesCoupon: boolean;
}

const tellOrder = (world: World, p: number, timeMs: number, order: OrderFacts): void => {
  const { people } = world;
  const key = people.key[p];
  const surface = SURFACES[Math.floor(draw(key, PURPOSE.buyHour, world.today.day * 8 + 5) ** 1.6 * SURFACES.length)];
  const store = surface === 'store' ? `,"storeId":"store-${key % 60}"` : '';
  const coupon = order.usesCoupon ? `,"couponId":"${couponId(world, p)}"` : '';
  const cause =
    order.named === 0 ? '' : `,"decisionId":"${decisionId(world, p, order.named)}","campaignId":"always-on"`;
  world.tell(
    p,
    'order.placed',
    timeMs,
    `{"orderId":"${order.orderId}","amount":${moneyText(order.amount)},"discount":${moneyText(order.discount)}${coupon}${store},"surface":"${surface}","lines":[${order.lines.join(',')}]${cause}}`,
  );
  if (order.usesCoupon)
    world.tell(p, 'coupon.redeemed', timeMs, `{"couponId":"${couponId(world, p)}","orderId":"${order.orderId}"}`);
};

/** Id of the coupon that a person holds or held last. */
export const couponId = ({ people, setting }: World, p: number): string =>
  `k${setting.seed}-${people.first + p}-${people.couponNumber[p]}`;

/** Id of a person's decision. */
export const decisionId = ({ people, setting, adviceIds }: World, p: number, n: number): string =>
  adviceIds?.get(p * DECISIONS_MAX + n) ?? `d${setting.seed}-${people.first + p}-${n}`;

/** Keeps the id that a decision has elsewhere. */
export const nameDecision = (world: World, p: number, n: number, id: string): void => {
  world.adviceIds ??= new Map();
  world.adviceIds.set(p * DECISIONS_MAX + n, id);
};

/** Decisions of a person: far more than a run has. */
const DECISIONS_MAX = 65_536;

/** Gives a coupon; only the newest of a person can be used. */
export const issueCoupon = (
  world: World,
  p: number,
  timeMs: number,
  face: number,
  days: number,
  decision: number,
): void => {
  const { people } = world;
  people.couponNumber[p]++;
  people.couponFace[p] = face;
  people.couponEndMs[p] = timeMs + days * DAY_MS;
  people.couponDecision[p] = decision;
  world.tell(
    p,
    'coupon.issued',
    timeMs,
    `{"couponId":"${couponId(world, p)}","faceValue":${moneyText(face)},"expiresAt":"${timeText(people.couponEndMs[p])}"}`,
  );
};

/** What an order makes of a person: a first one shows what they are, later ones lose or win them. */
const changeBy = (world: World, p: number, isFirst: boolean): void => {
  const { people, truth, today, setting } = world;
  const { people: spread } = setting.file;
  const key = people.key[p];
  people.push[p] = 0;
  people.pushDecision[p] = 0;
  if (isFirst) {
    if (people.kind[p] === KIND.prospect) people.kind[p] = kindOfBuyer(world, p);
    const leaves = people.kind[p] === KIND.trier ? spread.leaveOther : 0;
    people.isGone[p] = Number(draw(key, PURPOSE.dropout, 0) < leaves);
    return;
  }
  if (people.kind[p] === KIND.sleeper && draw(key, PURPOSE.awakening, people.orders[p]) < truth.file.need.awakening)
    people.kind[p] = KIND.regular;
  people.isGone[p] = Number(draw(key, PURPOSE.dropout, today.day * 8 + 1) < spread.leaveRegular);
};

/** Ticket, feedback, tier and top-up after an order. */
const followUp = (world: World, p: number, timeMs: number, isRegular: boolean): void => {
  const { people, today, setting } = world;
  const { service } = setting.file;
  const key = people.key[p];
  const u = (n: number): number => draw(key, PURPOSE.afterOrder, today.day * 16 + n);
  if (u(0) < service.ticket) {
    const openMs = timeMs + (4 + 44 * u(1)) * HOUR_MS;
    const endMs =
      openMs + (0.2 + drawExponential(key, PURPOSE.afterOrder, today.day * 16 + 2) * service.openTicketDays) * DAY_MS;
    const ticketId = `t${setting.seed}-${people.first + p}-${people.orders[p]}`;
    people.ticketEndMs[p] = endMs;
    irritate(world, p, world.dayAt(openMs), service.ticketIrritation);
    world.tell(
      p,
      'ticket.opened',
      openMs,
      `{"ticketId":"${ticketId}","topic":"${u(3) < 0.6 ? 'delivery' : 'quality'}"}`,
    );
    world.tell(p, 'ticket.closed', endMs, `{"ticketId":"${ticketId}","csat":${1 + Math.floor(u(4) * 5)}}`);
  }
  if (u(5) < service.feedback) {
    const isBad = u(6) < service.badFeedback;
    const sentiment = Math.round((isBad ? -1 + 0.7 * u(7) : 0.2 + 0.8 * u(7)) * 100) / 100;
    const atMs = timeMs + (24 + 72 * u(8)) * HOUR_MS;
    const isComplaint = isBad && u(9) < service.complaint;
    if (isComplaint) people.complaintMs[p] = atMs;
    world.tell(
      p,
      'feedback.given',
      atMs,
      `{"sentiment":${sentiment},"topic":"order"${isComplaint ? ',"complaint":true' : ''}}`,
    );
  }
  if (isRegular && u(10) < service.topUp)
    world.tell(p, 'wallet.toppedup', timeMs - 60_000, `{"amount":${TOP_UPS[Math.floor(u(11) * TOP_UPS.length)]}}`);
  while (people.tier[p] < service.tiers.length && people.spent[p] >= service.tiers[people.tier[p]]) {
    const tier = TIER_NAMES[++people.tier[p]];
    world.tell(p, 'member.tier_changed', timeMs + 5000, `{"tier":"${tier}"}`);
    world.tell(p, 'profile.updated', timeMs + 6000, `{"attributes":{"tier":"${tier}"}}`);
  }
};
