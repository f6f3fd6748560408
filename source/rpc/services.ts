/** The two services of proto/, made from the descriptors that the hosts' Python has too. */
import {
  Client,
  type MethodDefinition,
  makeClientConstructor,
  type ServiceClientConstructor,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import protobuf, { type Method, type Type } from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { descriptors } from './descriptors.ts';
import { plainOf } from './messages.ts';

/** What the extension adds, which its types leave out. */
type FromDescriptor = { fromDescriptor(set: protobuf.Message): protobuf.Root };

const set = descriptor.FileDescriptorSet.decode(Buffer.from(descriptors, 'base64'));
const root = (protobuf.Root as unknown as FromDescriptor).fromDescriptor(set);
root.resolveAll();

/** Answers come as `plainOf` makes them. */
function client(name: string): ServiceClientConstructor {
  const methods = root.lookupService(name).methodsArray.map((method) => [method.name, definitionOf(name, method)]);
  return makeClientConstructor(Object.fromEntries(methods) as ServiceDefinition, name);
}

function definitionOf(service: string, method: Method): MethodDefinition<object, object> {
  const { resolvedRequestType: asked, resolvedResponseType: answered } = method.resolve() as Method;
  if (!asked || !answered) throw new Error(`no messages of ${service}.${method.name} in the descriptors`);
  return {
    path: `/${service}/${method.name}`,
    requestStream: method.requestStream === true,
    responseStream: method.responseStream === true,
    requestSerialize: (value) => bytesOf(asked, value),
    requestDeserialize: (bytes) => plainOf(asked, asked.decode(bytes)),
    responseSerialize: (value) => bytesOf(answered, value),
    responseDeserialize: (bytes) => plainOf(answered, answered.decode(bytes)),
  };
}

function bytesOf(type: Type, value: object): Buffer {
  return Buffer.from(type.encode(type.fromObject(value)).finish());
}

export const MonitorClient = client('flwizard.monitor.v1.MonitorService');
export const IdentityClient = client('flwizard.identity.v1.IdentityService');
export { Client };
