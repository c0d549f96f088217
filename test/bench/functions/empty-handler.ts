/** The least that Lambda runs. */
export const EMPTY_HANDLER = 'export const handler = async () => ({});';
