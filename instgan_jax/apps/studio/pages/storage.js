// What the browser keeps for the page; nothing, where that is forbidden.

export function recall(key, store = 'localStorage') {
  try {
    return window[store].getItem(`studio-${key}`);
  } catch { return null; }
}

// Whether it is kept.
export function keep(key, value, store = 'localStorage') {
  try {
    window[store].setItem(`studio-${key}`, value);
    return true;
  } catch { return false; } // In this frame, or it is full: go on without.
}
