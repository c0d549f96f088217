/** A private registry of Amazon ECR: every account has one in every region. */
export interface EcrRegistry {
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
  /** Is it spoken to by its FIPS endpoint? */
  readonly fips: boolean;
}

/**
 * IPv4 (`dkr.ecr`, in China under `.com.cn`) and dual-stack (`dkr-ecr`), each with its FIPS endpoint:
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html and
 * https://docs.aws.amazon.com/general/latest/gr/ecr.html
 */
const HOST =
  /^(?<account>\d{12})\.dkr(?:\.ecr(?<fips4>-fips)?\.(?<region4>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?|-ecr(?<fips6>-fips)?\.(?<region6>[a-z0-9-]+)\.on\.aws)$/;

/** Which registry of ECR a host is; undefined for one that is none, `public.ecr.aws` among them. */
export function ecrRegistry(host: string): EcrRegistry | undefined {
  const found = HOST.exec(host)?.groups;
  const region = found?.['region4'] ?? found?.['region6'];
  const account = found?.['account'];
  if (account === undefined || region === undefined) {
    return undefined;
  }
  return { account, region, fips: (found?.['fips4'] ?? found?.['fips6']) !== undefined };
}

/** The host by which images of a registry are commonly named. */
export function ecrHost({ account, region }: Omit<EcrRegistry, 'fips'>): string {
  return `${account}.dkr.ecr.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
