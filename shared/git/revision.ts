/** Is this a whole commit id, of either object format? Hosts would take the name of a branch too, and an expression. */
export function isRevision(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}
