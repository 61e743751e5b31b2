"""What the heads of a decision read and answer: actions and channels as in the pack, features with how they are read."""

from __future__ import annotations

ORDER_ACTIONS = (
    "second_order_coupon",
    "replenishment_reminder",
    "recall_coupon",
    "tier_upgrade",
    "coupon_expiry_reminder",
    "birthday_gift",
    "promotion_notice",
    "live_invite",
    "care_message",
    "content_share",
)
# Their outcome is not an order: action -> the label that says whether it came.
OTHER_ACTIONS = {"add_friend": "befriended7d", "referral_invite": "referred14d"}
ACTIONS = (*ORDER_ACTIONS, *OTHER_ACTIONS)
COUPON_ACTIONS = ("second_order_coupon", "recall_coupon", "birthday_gift")
MESSAGES = ("wecom", "wecom_group", "moments", "official_account", "sms", "app_push")
CALLS = ("ai_call", "human_call")
CHANNELS = (*MESSAGES, *CALLS)
SEEN, ANSWERED = "seen", "answered"
ORDERED, REDEEMED, CONVERTED = "ordered7d", "redeemed14d", "converted"
LABELS = (ORDERED, *OTHER_ACTIONS.values(), SEEN, ANSWERED, REDEEMED, CONVERTED)

# Read as log(1 + x), x cut at 0: counts, money, times.
LOGARITHMIC = (
    "orders amountTotal discountTotal refunds averageOrder linesTotal unitsTotal firstOrderAmount lastOrderAmount "
    "maxOrderAmount daysSinceFirstOrder daysSinceLastOrder orderGapDays overdueRatio orderGapCv runOutPace "
    "ordersDecayed14d ordersDecayed30d ordersDecayed90d amountDecayed90d refundsDecayed90d orders30d orders90d "
    "orderDays365d couponsIssued couponsRedeemed couponsExpired couponsOpen daysSinceCoupon topUps skusBought "
    "viewsDecayed7d views7d dwellDecayed7d cartsDecayed7d searchesDecayed7d contentOpens30d contentDwell30d "
    "contentShares livesDecayed30d liveSeconds30d referrals wecomSent contacts3d contacts7d pushFatigue smsFatigue "
    "wecomFatigue aiCallFatigue humanCallFatigue fatigue daysSinceWecom callAttempts daysSinceCall complaints90d "
    "tickets storeDistanceKm memberDays daysToBirthday"
).split()
# Read as they are.
PLAIN = (
    "runOutDays weekendOrderShare morningActiveShare eveningActiveShare couponUseRate couponOrderRate discountShare "
    "priceSensitivityTier priceSensitivityScore topCategoryShare categoryDrift sweetShare activeDays3d activeDays7d "
    "activeDays14d activeDays30d activeStreak topTopicShare isFriend inGroup wecomResponse smsResponse pushResponse "
    "aiCallResponse humanCallResponse callAnswerRate callHangUpRate dayAnswerRate eveningAnswerRate lastSentiment "
    "ticketOpen lastCsat tier fromLive isFemale isVip isParent season"
).split()
# The group's recent rate: its log-odds are added to those of an answer before the Sigmoid.
GROUP_ANSWERS = "callAnswersEverybody"
FEATURES = (*LOGARITHMIC, *PLAIN, GROUP_ANSWERS)
