/**
 * AWS's list prices in dollars for US East (N. Virginia), on demand, as they stood in the first half of 2026: Lambda on
 * arm64 in its first tier, Fargate on x86, DynamoDB since November 2024. Free amounts are a month's, and do not end
 * after a year.
 */
export const PRICES = {
  /** https://aws.amazon.com/lambda/pricing/ */
  lambdaRequest: { dollars: 0.2 / 1e6, free: 1e6 },
  lambdaGigabyteSecond: { dollars: 0.0000133334, free: 400_000 },
  /** https://aws.amazon.com/sqs/pricing/; the free million is for both kinds of queues together. */
  sqsRequest: { dollars: 0.4 / 1e6, free: 1e6 },
  sqsFifoRequest: { dollars: 0.5 / 1e6, free: 0 },
  /** https://aws.amazon.com/api-gateway/pricing/, HTTP APIs */
  httpApiRequest: { dollars: 1 / 1e6, free: 0 },
  /** https://aws.amazon.com/dynamodb/pricing/on-demand/ */
  dynamoReadUnit: { dollars: 0.125 / 1e6, free: 0 },
  dynamoWriteUnit: { dollars: 0.625 / 1e6, free: 0 },
  /** https://aws.amazon.com/cloudwatch/pricing/ */
  logGigabyte: { dollars: 0.5, free: 5 },
  /** https://aws.amazon.com/systems-manager/pricing/: standard parameters, standard throughput */
  parameterRead: { dollars: 0, free: 0 },
  /** https://aws.amazon.com/eventbridge/pricing/: rules by schedule, and events of AWS's own services */
  scheduledEvent: { dollars: 0, free: 0 },
} as const satisfies Readonly<Record<string, Price>>;

/** https://aws.amazon.com/fargate/pricing/ */
export const FARGATE_HOUR = { core: 0.04048, gigabyte: 0.004445 };

export interface Price {
  /** For one. */
  readonly dollars: number;
  /** So many a month cost nothing. */
  readonly free: number;
}

/** What is paid for. */
export type Item = keyof typeof PRICES;

/** So many of each in a month. */
export type Amounts = Readonly<Record<Item, number>>;
