/**
 * Is this event an operator's? Nothing else that invokes a function sends one like it; what it asks for is looked at
 * closer where it is answered, which is loaded only then.
 */
export function isOperation(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'operation' in event;
}
