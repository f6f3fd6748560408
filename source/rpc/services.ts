/** The two services of proto/, made from the descriptors that the hosts' Python has too. */
import { Client, makeClientConstructor, type ServiceClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { descriptors } from './descriptors.ts';

/** What is not there is left out, 64-bit numbers are numbers (a journal stays far below 2^53 events). */
const packages = loadFileDescriptorSetFromBuffer(Buffer.from(descriptors, 'base64'), {
  longs: Number,
  defaults: true,
  oneofs: true,
});

function client(name: string): ServiceClientConstructor {
  const definition = packages[name];
  if (!definition || 'format' in definition) throw new Error(`no service ${name} in the descriptors`);
  return makeClientConstructor(definition as ServiceDefinition, name);
}

export const MonitorClient = client('flwizard.monitor.v1.MonitorService');
export const IdentityClient = client('flwizard.identity.v1.IdentityService');
export { Client };
