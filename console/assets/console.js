// What pages do beyond HTML: clocks run on, lists keep up to date, a form is sent once, a session plays.
// Everything that decides anything works without this file.

const REFRESH_MILLIS = 2000;
/** A page nobody looks at only keeps its title true. */
const HIDDEN_REFRESH_MILLIS = 20_000;
const LONGEST_GAP_MILLIS = 3000;
const SHORTEST_GAP_MILLIS = 250;
const SIGNED_OUT =
  'You are signed out, so this page is not kept up to date. Open it again to sign in.';
const UNREACHABLE = 'The console cannot be reached, so this page is not kept up to date.';

/** When each clock on the page is at zero. */
const ends = new WeakMap();

tick();
setInterval(tick, 1000);
keepUpToDate();
sendOnce();
play();

/** Counts down what the server said was left; at zero the next refresh says what came of it. */
function tick() {
  for (const clock of document.querySelectorAll('[data-left]')) {
    if (!ends.has(clock)) ends.set(clock, performance.now() + Number(clock.dataset.left));
    clock.textContent = span(ends.get(clock) - performance.now());
  }
}

/** As the page itself writes it (pages/times.ts). */
function span(millis) {
  const seconds = Math.max(0, Math.floor(millis / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return seconds < 86_400
    ? `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
    : `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

/** Puts each part that has another version in the place of the old one; what is typed elsewhere stays. */
function keepUpToDate() {
  if (document.querySelector('[data-live]') === null) return;
  let timer;
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => void refresh(),
      document.hidden ? HIDDEN_REFRESH_MILLIS : REFRESH_MILLIS,
    );
  };
  async function refresh() {
    const { page, problem } = await load(location.href).catch(() => ({ problem: UNREACHABLE }));
    if (page !== undefined) takeOver(page);
    warn(problem);
    again();
  }
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void refresh();
  });
  again();
}

/** The page as it is now, or what keeps it from being had. */
async function load(address) {
  const response = await fetch(address, { headers: { 'x-gatehouse-refresh': '1' } });
  if (response.status === 401) return { problem: SIGNED_OUT };
  if (!response.ok || response.redirected) return { problem: UNREACHABLE };
  return { page: new DOMParser().parseFromString(await response.text(), 'text/html') };
}

/** A page that cannot be kept up to date says so, for as long as that lasts. */
function warn(problem) {
  const shown = document.getElementById('outdated');
  if (problem === undefined) return shown?.remove();
  const notice = shown ?? document.createElement('p');
  notice.id = 'outdated';
  notice.className = 'notice problem';
  notice.setAttribute('role', 'status');
  notice.textContent = problem;
  if (shown === null) document.getElementById('main').prepend(notice);
}

function takeOver(fresh) {
  document.title = fresh.title;
  for (const old of document.querySelectorAll('[data-live]')) {
    const next = fresh.getElementById(old.id);
    if (next !== null && next.dataset.live !== old.dataset.live) {
      old.replaceWith(document.adoptNode(next));
    }
  }
  tick();
}

/** The button that was pressed is part of the form, so it goes dark only after the form has gone. */
function sendOnce() {
  document.addEventListener('submit', (event) => {
    const buttons = event.target.querySelectorAll('button');
    setTimeout(() => {
      for (const button of buttons) button.disabled = true;
    });
  });
  // Back from another page: browsers show it as it was left.
  addEventListener('pageshow', () => {
    for (const button of document.querySelectorAll('form button')) button.disabled = false;
  });
}

/** Steps through a session in its own time, and by the arrow keys. */
function play() {
  if (document.getElementById('replay') === null) return;
  let timer;

  function show() {
    const button = document.getElementById('play');
    button.hidden = document.querySelector('a[rel=next]') === null && timer === undefined;
    button.textContent = timer === undefined ? 'Play' : 'Pause';
  }

  function stop() {
    clearTimeout(timer);
    timer = undefined;
    show();
  }

  async function go(rel) {
    const link = document.querySelector(`a[rel=${rel}]`);
    const { page: fresh } = link === null ? {} : await load(link.href).catch(() => ({}));
    if (fresh === undefined) return false;
    history.replaceState(null, '', link.href);
    document.title = fresh.title;
    const next = document.adoptNode(fresh.getElementById('replay'));
    document.getElementById('replay').replaceWith(next);
    show();
    return true;
  }

  function playOn() {
    const gap = Number(document.getElementById('replay').dataset.gap);
    const wait = Math.min(Math.max(gap, SHORTEST_GAP_MILLIS), LONGEST_GAP_MILLIS);
    timer = setTimeout(() => void step(), wait);
    show();
  }

  async function step() {
    const hasGone = await go('next');
    if (timer === undefined) return;
    if (hasGone) playOn();
    else stop();
  }

  document.addEventListener('click', (event) => {
    if (event.target.id !== 'play') return;
    if (timer === undefined) playOn();
    else stop();
  });
  document.addEventListener('keydown', (event) => {
    // With another key they are the browser's own: back, forward, a word on.
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key === 'ArrowRight') void go('next');
    if (event.key === 'ArrowLeft') void go('prev');
  });
  show();
}
