/**
 * How a user runs our commands. jsii, by which Python uses this library, names its language in JSII_AGENT: there the script that
 * pip installed is meant, for what `npx` would fetch by that name is not ours.
 */
export const COMMAND = process.env.JSII_AGENT === undefined ? 'npx lakehouse' : 'lakehouse';
