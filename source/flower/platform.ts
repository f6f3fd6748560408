/** What decides which wheels a host can use, in our words, in pip's, and in those of a wheel's name. Pure. */

/** What decides which wheels a host can use. */
export type HostPlatform = {
  /** Version of its Python, e.g. `3.11.2`. */
  readonly python: string;
  readonly architecture: string;
  /** As a look tells it: `glibc 2.36`, `musl 1.2.4`. */
  readonly libc: string;
};

/** A platform in plain words. */
export function platformText({ python, architecture, libc }: HostPlatform): string {
  return `Python ${python.split('.').slice(0, 2).join('.')}, ${architecture}, ${libc}`;
}

/** What manylinux was called before it was called after its glibc (PEP 600). */
const oldNames: readonly (readonly [name: string, minor: number])[] = [
  ['manylinux2014', 17],
  ['manylinux2010', 12],
  ['manylinux1', 5],
];

function libcOf(libc: string): { readonly kind: string; readonly major: number; readonly minor: number } {
  const [, kind = '', major, minor] = /^(glibc|musl) (\d+)\.(\d+)/.exec(libc) ?? [];
  return { kind, major: Number(major ?? 0), minor: Number(minor ?? 0) };
}

/** Platform tags that such a host can use, the best first. glibc and musl keep what older ones had. */
export function platformTags({ architecture, libc }: HostPlatform): readonly string[] {
  const { kind, major, minor } = libcOf(libc);
  const plain = `linux_${architecture}`;
  const name = kind === 'glibc' ? 'manylinux' : 'musllinux';
  if (kind === '') return [plain];
  const versions = Array.from({ length: minor + 1 }, (_, at) => minor - at);
  const old = oldNames
    .filter((each) => kind === 'glibc' && each[1] <= minor)
    .map(([each]) => `${each}_${architecture}`);
  return [...versions.map((each) => `${name}_${major}_${each}_${architecture}`), ...old, plain];
}

/** The oldest glibc that wheels are made for: manylinux1. */
const oldestGlibc = 5;

/** What has pip look for the wheels of such a host, and nothing else. */
export function pipTarget(platform: HostPlatform): readonly string[] {
  const [major, minor] = platform.python.split('.');
  const tags = platformTags(platform).filter(
    (tag) => Number(/^manylinux_\d+_(\d+)_/.exec(tag)?.[1] ?? 99) >= oldestGlibc,
  );
  return [
    ...['--only-binary', ':all:', '--implementation', 'cp', '--abi', `cp${major}${minor}`],
    ...['--python-version', platform.python],
    ...tags.flatMap((tag) => ['--platform', tag]),
  ];
}

/** What conditions of requirements are judged by there (PEP 508). pip would take those of the machine that it runs on. */
export function markersOf({ python, architecture }: HostPlatform): Readonly<Record<string, string>> {
  return {
    implementation_name: 'cpython',
    implementation_version: python,
    os_name: 'posix',
    platform_machine: architecture,
    platform_python_implementation: 'CPython',
    platform_system: 'Linux',
    python_full_version: python,
    python_version: python.split('.').slice(0, 2).join('.'),
    sys_platform: 'linux',
  };
}
