// What the browser keeps for the page; nothing, where that is forbidden.

export function recall(key, store = 'localStorage') {
  try {
    return window[store].getItem(`studio-${key}`);
  } catch { return null; }
}

export function keep(key, value, store = 'localStorage') {
  try {
    window[store].setItem(`studio-${key}`, value);
  } catch { /* Forbidden in this frame, or full: the page goes on without. */ }
}
