/** Values that are worked out once for as long as what they are made of is the same. Pure to whoever asks. */

/** For a list that grows now and then and is drawn thirty times a second. */
export function onceFor<Of extends object, Made>(make: (of: Of) => Made): (of: Of) => Made {
  const made = new WeakMap<Of, Made>();
  return (of) => {
    if (!made.has(of)) made.set(of, make(of));
    return made.get(of) as Made;
  };
}

/** The same for several values: only the last answer is kept. */
export function onceForLast<Of extends readonly unknown[], Made>(make: (...of: Of) => Made): (...of: Of) => Made {
  let last: { readonly of: Of; readonly made: Made } | undefined;
  return (...of) => {
    if (!last?.of.every((each, at) => Object.is(each, of[at]))) last = { of, made: make(...of) };
    return last.made;
  };
}
