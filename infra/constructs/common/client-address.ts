/** Where the distribution writes a voter's address: the firewall would see only CloudFront's own. */
export const CLIENT_ADDRESS_HEADER = "x-client-address";
/** Where the distribution proves that it is the one that wrote it. */
export const ORIGIN_KEY_HEADER = "x-origin-key";
