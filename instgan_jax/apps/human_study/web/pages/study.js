// The pages of a participant, in order: welcome, notices, questions, end.

import { ask, pause, preload } from './question.js';
import { getJson, postAnswer, postConsent } from './connection.js';

const LANGUAGES = { en: 'English', ja: '日本語' };
const page = document.getElementById('page');
let language = navigator.language.startsWith('ja') ? 'ja' : 'en';
let texts = {};

function element(name, text = '', className = '') {
  const made = document.createElement(name);
  made.textContent = text; // Never markup: titles come from a command line.
  made.className = className;
  return made;
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function show(...elements) {
  page.className = '';
  page.replaceChildren(...elements);
  window.scrollTo(0, 0);
}

async function setLanguage(chosen) {
  language = chosen;
  texts = await getJson(`/static/${chosen}.json`);
  document.documentElement.lang = chosen;
  document.title = texts.title;
}

function showProgress({ answered, total, stage }) {
  const bar = document.getElementById('progress');
  bar.hidden = stage === 'welcome';
  bar.setAttribute('aria-valuenow', answered);
  bar.setAttribute('aria-valuemax', total);
  bar.firstElementChild.style.width = `${(100 * answered) / total}%`;
}

function goButton(label) {
  const button = element('button', label, 'go');
  button.type = 'button';
  button.id = 'go';
  return button;
}

function clicked(button) {
  return new Promise((resolve) => {
    button.addEventListener('click', resolve, { once: true });
  });
}

function languageSwitch(again) {
  const line = element('p', '', 'languages');
  for (const [code, name] of Object.entries(LANGUAGES)) {
    const button = element('button', name, 'language');
    button.type = 'button';
    button.lang = code;
    button.setAttribute('aria-pressed', code === language);
    button.addEventListener('click', async () => {
      await setLanguage(code);
      again();
    });
    line.append(button);
  }
  return line;
}

function inLanguage(custom, fallback) {
  return custom[language] ?? Object.values(custom)[0] ?? fallback;
}

function welcome(state) {
  return new Promise((resolve) => {
    const render = () => {
      const box = element('input');
      box.type = 'checkbox';
      box.id = 'agree';
      const label = element('label');
      label.append(box, ` ${texts.agree}`);
      const start = goButton(texts.start);
      start.disabled = true;
      box.addEventListener('change', () => { start.disabled = !box.checked; });
      const lines = [
        languageSwitch(render),
        element('h1', state.title || texts.title),
        element('p', texts.welcome),
        element('p', fill(texts.amount, state)),
        element('div', inLanguage(state.consent_text, texts.consent), 'consent'),
      ];
      if (state.contact) lines.push(element('p', fill(texts.contact, state)));
      show(...lines, label, start);
      clicked(start).then(resolve);
    };
    render();
  });
}

function modeText(seconds) {
  return seconds === null ? texts.unlimited : fill(texts.limited, { seconds });
}

function noticeLines(state, notice) {
  const { block, practice, time_limit: seconds } = state.question;
  const part = fill(texts.block, {
    block: block + 1, blocks: state.modes.length,
  });
  if (notice !== 'block') {
    const lines = [element('h1', texts[notice])];
    lines.push(element('p', texts[`${notice}_text`]));
    if (notice === 'resume') lines.push(element('p', modeText(seconds)));
    return lines;
  }
  const lines = [];
  if (block === 0) {
    lines.push(
      element('h1', texts.instructions),
      element('p', texts.instruction_choose),
      element('p', texts.instruction_keys, 'lines'),
      element('p', texts.instruction_screen),
    );
  }
  if (state.modes.length > 1) lines.push(element('h1', part));
  lines.push(element('p', modeText(seconds)));
  if (practice) lines.push(element('p', texts.practice));
  return lines;
}

async function giveNotice(state, notice) {
  const button = goButton(texts.continue);
  show(...noticeLines(state, notice), button);
  preload(state.question, texts);
  await clicked(button);
  // A large window, where the browser allows it; the study works without.
  document.documentElement.requestFullscreen?.().catch(() => {});
}

function showEnd(state) {
  show(
    element('h1', texts.done),
    element('p', texts.done_text),
    element('p', fill(texts.code, state)),
  );
  if (document.fullscreenElement) document.exitFullscreen();
}

async function main() {
  await setLanguage(language);
  let state = await getJson(`${location.pathname}/state`);
  if (state.language) await setLanguage(state.language);
  showProgress(state);
  if (state.stage === 'welcome') {
    await welcome(state);
    state = await postConsent(language);
    showProgress(state);
  }
  let isReturn = state.answered > 0;
  while (state.stage === 'questions') {
    const notice = state.question.notice ?? (isReturn ? 'resume' : null);
    if (notice) await giveNotice(state, notice);
    isReturn = false;
    page.replaceChildren();
    const prompt = inLanguage(state.question_text, texts.question);
    const answer = await ask(page, state, prompt, texts);
    // The second click of a double click must not answer the next question.
    const [next] = await Promise.all([postAnswer(answer, texts), pause(500)]);
    state = next;
    showProgress(state);
  }
  showEnd(state);
}

// The back button may restore the page as it was left: reload the state.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
main().catch((error) => {
  show(element('p', texts.missing ?? String(error)));
  throw error;
});
