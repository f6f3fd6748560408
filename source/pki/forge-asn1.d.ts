/**
 * The one file of node-forge that is used: its ASN.1. To load the whole takes 140 ms, this 40.
 * Bytes are strings of characters 0 to 255, as everywhere in forge.
 */
declare module 'node-forge/lib/asn1.js' {
  export type Asn1 = {
    readonly tagClass: number;
    readonly type: number;
    readonly constructed: boolean;
    readonly value: string | Asn1[];
  };
  const asn1: {
    create(tagClass: number, type: number, constructed: boolean, value: string | Asn1[]): Asn1;
    /** @throws Error for what is no DER. */
    fromDer(bytes: string, options: { strict: boolean; parseAllBytes: boolean; decodeBitStrings: boolean }): Asn1;
    toDer(value: Asn1): { getBytes(): string };
    oidToDer(oid: string): { getBytes(): string };
    derToOid(bytes: string): string;
  };
  export default asn1;
}
