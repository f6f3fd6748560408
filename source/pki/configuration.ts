/** certificate.conf, OpenSSL's own file: read without loss, edited with a light hand, made anew. */
export { addProfileSections, editedProfileSections, setValues } from './configuration-edit.ts';
export { type NetworkValues, newConfiguration } from './configuration-new.ts';
export { parseConfiguration } from './configuration-parse.ts';
export { type Configuration, printConfiguration } from './configuration-tree.ts';
export { type CertificateValues, certificateValues } from './configuration-values.ts';
export type { Digest } from './strength.ts';
export type { Subject } from './subject.ts';
