import { describe, expect, it } from 'vitest';
import { platformTags, platformText } from '../../source/flower/platform.ts';
import { fits, missingText, neededWheels, type WheelFile, wheelName } from '../../source/flower/wheels.ts';

const host = { python: '3.11.2', architecture: 'x86_64', libc: 'glibc 2.36' };
const wheel = (name: string, requires?: readonly string[]): WheelFile => ({
  file: `/wheels/${name}`,
  name,
  size: 1,
  ...(requires ? { requires } : {}),
});

describe('a wheel', () => {
  it.each([
    ['numpy-2.1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl', true],
    ['numpy-2.1.0-cp312-cp312-manylinux_2_17_x86_64.whl', false],
    ['numpy-2.1.0-cp311-cp311-manylinux_2_36_x86_64.whl', true],
    ['numpy-2.1.0-cp311-cp311-manylinux_2_39_x86_64.whl', false],
    ['numpy-2.1.0-cp311-cp311-manylinux_2_17_aarch64.whl', false],
    ['numpy-2.1.0-cp311-cp311-musllinux_1_2_x86_64.whl', false],
    ['numpy-2.1.0-cp311-cp311t-manylinux_2_17_x86_64.whl', false],
    ['numpy-2.1.0-cp311-cp311-macosx_11_0_arm64.whl', false],
    ['old-1.0-cp311-cp311-manylinux1_x86_64.whl', true],
    ['own-1.0-cp311-cp311-linux_x86_64.whl', true],
    ['cryptography-46.0-cp38-abi3-manylinux_2_28_x86_64.whl', true],
    ['cryptography-46.0-cp312-abi3-manylinux_2_28_x86_64.whl', false],
    ['uv-0.9-py3-none-manylinux_2_17_x86_64.whl', true],
    ['six-1.16.0-py2.py3-none-any.whl', true],
    ['two-1.0-py2-none-any.whl', false],
    ['newer-1.0-py312-none-any.whl', false],
    ['older-1.0-py39-none-any.whl', true],
    ['built-1.0-2-py3-none-any.whl', true],
    ['flwr-1.41.0.tar.gz', false],
    ['no-wheel.whl', false],
  ])('%s: %s for Python 3.11 and glibc 2.36', (name, yes) => expect(fits(name, host)).toBe(yes));

  it('with musl is one for musl of that version or older', () => {
    const alpine = { ...host, libc: 'musl 1.2.4' };
    expect(fits('a-1-cp311-cp311-musllinux_1_1_x86_64.whl', alpine)).toBe(true);
    expect(fits('a-1-cp311-cp311-musllinux_1_3_x86_64.whl', alpine)).toBe(false);
    expect(fits('a-1-cp311-cp311-manylinux_2_17_x86_64.whl', alpine)).toBe(false);
    expect(platformTags(alpine).slice(0, 2)).toEqual(['musllinux_1_2_x86_64', 'musllinux_1_1_x86_64']);
    expect(platformTags({ ...host, libc: 'unknown' })).toEqual(['linux_x86_64']);
  });

  it('has one name, however it is written', () => {
    expect(wheelName('Typing_Extensions-4.0-py3-none-any.whl')?.name).toBe('typing-extensions');
  });
});

describe('what a host needs', () => {
  const flwr = wheel('flwr-1.41.0-py3-none-any.whl', [
    'grpcio<2,>=1.62; python_version >= "3.10"',
    'Typing_Extensions',
    'ray; extra == "simulation"',
    'colorama; sys_platform == "win32"',
  ]);
  const grpc = wheel('grpcio-1.70.0-cp311-cp311-manylinux_2_17_x86_64.whl', []);
  const other = wheel('grpcio-1.70.0-cp312-cp312-manylinux_2_17_x86_64.whl', []);
  const typing = wheel('typing_extensions-4.0-py3-none-any.whl', []);
  const ray = wheel('ray-2.0-py3-none-any.whl', []);
  const torch = wheel('torch-2.0-py3-none-any.whl', []);

  it('is what its requirements lead to, of what it can use', () => {
    const all = [flwr, grpc, other, typing, ray, torch];
    expect(neededWheels(['flwr==1.41.0'], all, host)).toEqual({ wheels: [flwr, grpc, typing], missing: [] });
    expect(neededWheels(['flwr[simulation]==1.41.0'], all, host).wheels).toContain(ray);
  });

  it('names what it can’t have', () => {
    const { missing } = neededWheels(['flwr==1.41.0', 'scipy>=1 ; python_version > "3"', 'numpy'], [flwr, other], host);
    expect(missing).toEqual(['numpy', 'Typing_Extensions']);
    expect(missingText(missing, host)).toBe(
      'there is no wheel of numpy, Typing_Extensions for Python 3.11, x86_64, glibc 2.36',
    );
    expect(platformText(host)).toBe('Python 3.11, x86_64, glibc 2.36');
  });

  it('is all that it can use where a wheel does not tell, and both versions where there are two', () => {
    const silent = wheel('flwr-1.41.0-py3-none-any.whl');
    expect(neededWheels(['flwr'], [silent, other, torch], host).wheels).toEqual([silent, torch]);
    const newer = wheel('flwr-1.42.0-py3-none-any.whl', []);
    const older = wheel('flwr-1.41.0-py3-none-any.whl', ['absent']);
    expect(neededWheels(['flwr'], [newer, older], host)).toEqual({ wheels: [newer, older], missing: [] });
  });

  it('ends where two need each other', () => {
    const a = wheel('a-1-py3-none-any.whl', ['b']);
    const b = wheel('b-1-py3-none-any.whl', ['a']);
    expect(neededWheels(['a'], [a, b], host).wheels).toEqual([a, b]);
  });
});
