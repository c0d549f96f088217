const CLOSES = String.raw`\b(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?)`;

/**
 * What a Git host acts on in a message or a title, code in Markdown among it (GitLab looks for what a description closes
 * in its source text):
 *
 * - `@everyone` notifies; `#1`, `!1`, `GH-1` and addresses refer to issues, and close them behind `Closes`, Jira's keys too
 * - `[skip ci]`, `[ci skip]`, `[no ci]`, `[skip actions]` and `***NO_CI***` keep pipelines from running
 * - marks of direction and of no width show another text than there is
 *
 * @see https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs
 * @see https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
 * @see https://docs.gitlab.com/administration/issue_closing_pattern/
 */
const ACTIVE = new RegExp(
  [
    String.raw`[@#\p{Cf}\p{Cs}]`,
    String.raw`!(?=\d)`,
    ':(?=//)',
    String.raw`(?<=\bGH)-(?=\d)`,
    String.raw`(?<=${CLOSES}:?\s+(?:issues?\s+)?[A-Z][A-Z\d_]*)-(?=\d)`,
    String.raw`\[(?=[^\]]{0,40}(?:skip|\bci\b))`,
    String.raw`\*(?=\*\*NO_CI\*\*\*)`,
  ].join('|'),
  'giu',
);

/**
 * A stranger's text (a policy, the name of a container) as it may stand among our words at a Git host: signs that the
 * host would act on are percent-encoded. What people write as a rule stays as it is: `regexp:^v[0-9]+$`, `semver:~1`.
 */
export function inertText(text: string): string {
  return text.replaceAll(ACTIVE, percentEncoded);
}

/** `encodeURIComponent` leaves some of these signs as they are. */
function percentEncoded(sign: string): string {
  return Array.from(Buffer.from(sign), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
