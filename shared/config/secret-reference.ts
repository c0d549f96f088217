import { z } from 'zod';

const EXPECTED = 'expected a reference to a secret: env:NAME, file:PATH, ssm:NAME or secretsmanager:NAME';

/** Where a secret's text is kept; never the text itself. */
export const secretReferenceSchema = z
  .string(EXPECTED)
  .regex(/^(env:[A-Za-z_]\w*|file:.+|ssm:\/?[\w./-]+|secretsmanager:[\w/+=.@:-]+)$/, EXPECTED);
