// Progress of all participants. The token is behind # in the address, a part
// that browsers never send; only the header of each request carries it.

const byId = (id) => document.getElementById(id);
let token = decodeURIComponent(location.hash.slice(1));

function get(path) {
  return fetch(path, {
    cache: 'no-store', headers: { Authorization: `Bearer ${token}` },
  });
}

function cell(text) {
  const made = document.createElement('td');
  made.textContent = text;
  return made;
}

function time(seconds) {
  return seconds === null ? '' : new Date(1000 * seconds).toLocaleString();
}

function row(participant) {
  const made = document.createElement('tr');
  const link = document.createElement('a');
  link.href = participant.path;
  link.textContent = location.origin + participant.path;
  const last = cell('');
  last.append(link);
  made.append(
    cell(participant.participant),
    cell(`${participant.answered} / ${participant.total}`),
    cell(participant.language ?? ''),
    cell(time(participant.consented_at)),
    cell(time(participant.latest)),
    cell(participant.answered === participant.total ? participant.code : ''),
    last,
  );
  return made;
}

async function refresh() {
  const response = await get('/admin/progress').catch(() => null);
  if (!response || response.status !== 200) {
    byId('login').hidden = !response || response.status !== 401;
    byId('summary').textContent = response
      ? 'The token is needed.' : 'The server does not answer.';
    return;
  }
  const { title, plan_sha256: plan, participants } = await response.json();
  const done = participants.filter((p) => p.answered === p.total).length;
  const answers = participants.reduce((sum, p) => sum + p.answered, 0);
  byId('login').hidden = true;
  byId('download').hidden = false;
  document.querySelector('table').hidden = false;
  byId('title').textContent = title || 'Study';
  byId('summary').textContent = `${done} of ${participants.length} participants`
    + ` are done. Answers: ${answers}. Plan: ${plan.slice(0, 12)}.`;
  document.querySelector('tbody').replaceChildren(...participants.map(row));
}

byId('download').addEventListener('click', async () => {
  const response = await get('/admin/answers.csv');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = 'answers.csv';
  link.click();
});
byId('login').addEventListener('submit', (event) => {
  event.preventDefault();
  token = byId('token').value;
  refresh();
});
refresh();
setInterval(refresh, 10000);
