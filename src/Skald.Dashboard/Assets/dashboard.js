// What a page gains where scripts run. Without it every page can be read and every act done.
(() => {
  'use strict';
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const root = document.body.dataset.root;

  // Storage may be forbidden; then nothing is remembered.
  const store = {
    get(key, otherwise) { try { return JSON.parse(localStorage.getItem('skald.' + key)) ?? otherwise; } catch { return otherwise; } },
    set(key, value) { try { localStorage.setItem('skald.' + key, JSON.stringify(value)); } catch { /* see above */ } },
  };

  // Times
  const two = (n, width = 2) => String(n).padStart(width, '0');
  const offsetOf = date => {
    const minutes = -date.getTimezoneOffset();
    return (minutes < 0 ? '-' : '+') + two(Math.trunc(Math.abs(minutes) / 60)) + ':' + two(Math.abs(minutes) % 60);
  };
  const parts = (date, utc) => utc
    ? { y: date.getUTCFullYear(), mo: date.getUTCMonth(), d: date.getUTCDate(), h: date.getUTCHours(), mi: date.getUTCMinutes(), s: date.getUTCSeconds() }
    : { y: date.getFullYear(), mo: date.getMonth(), d: date.getDate(), h: date.getHours(), mi: date.getMinutes(), s: date.getSeconds() };
  const clock = (date, utc) => {
    const p = parts(date, utc);
    return `${two(p.h)}:${two(p.mi)}:${two(p.s)}.${two(date.getUTCMilliseconds(), 3)}`;
  };
  const day = (date, utc) => {
    const p = parts(date, utc);
    return `${p.y}-${two(p.mo + 1)}-${two(p.d)}`;
  };
  // The zone stands beside every whole time: on the night of a clock change one hour comes twice.
  const whole = (date, utc) => `${day(date, utc)} ${clock(date, utc)} ${utc ? 'UTC' : offsetOf(date)}`;
  const unit = ms => {
    const s = Math.floor(Math.abs(ms) / 1000);
    return s < 60 ? `${s} s` : s < 3600 ? `${Math.floor(s / 60)} min` : s < 172800 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86400)} d`;
  };
  // Browsers' clocks are wrong at times: the server's is what counts.
  const ahead = Date.now() - Date.parse(document.body.dataset.now);
  const showTimes = (from = document) => {
    const utc = store.get('utc', false);
    for (const time of all('time[datetime]', from)) {
      const date = new Date(time.dateTime);
      const away = date.getTime() - (Date.now() - ahead);
      time.title = whole(date, utc);
      time.textContent = time.classList.contains('ago') ? (Math.abs(away) < 1000 ? 'now' : away > 0 ? `in ${unit(away)}` : `${unit(away)} ago`)
        : time.classList.contains('age') ? unit(away)
        : time.classList.contains('clock') ? clock(date, utc)
        : `${day(date, utc)} ${clock(date, utc).slice(0, 8)}`;
    }
    for (const zone of all('[data-zone]', from)) {
      zone.textContent = utc ? 'UTC' : 'local';
    }
  };
  const switchTimes = () => { store.set('utc', !store.get('utc', false)); showTimes(); };

  // Copying, also on plain HTTP, where there is no clipboard object
  const copy = async text => {
    if (navigator.clipboard && isSecureContext) {
      await navigator.clipboard.writeText(text);
      return;
    }
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'visually-hidden';
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  };

  // Rows
  const rows = () => all('main tr[data-row]');
  const selected = () => one('main tr[aria-selected="true"]');
  const select = row => {
    selected()?.removeAttribute('aria-selected');
    row?.setAttribute('aria-selected', 'true');
    row?.scrollIntoView({ block: 'nearest' });
  };
  const move = by => {
    const list = rows();
    const at = list.indexOf(selected());
    select(list[at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.max(0, Math.min(list.length - 1, at + by))]);
  };

  // Following what happens. The stream says that something changed; the page asks again for what it shows.
  const live = one('#live');
  const pauseButton = one('#pause');
  const isPaused = () => pauseButton?.getAttribute('aria-pressed') === 'true';
  const pause = () => {
    if (!pauseButton) return;
    const now = !isPaused();
    pauseButton.setAttribute('aria-pressed', String(now));
    one('span', pauseButton).textContent = now ? 'Paused' : 'Live';
    if (!now) refresh();
  };
  let missed = false;
  const refresh = () => {
    if (!live || document.hidden) { missed = true; return; }
    missed = false;
    htmx.trigger(live, 'refresh');
  };
  const keyOf = details => details.dataset.k;
  const opened = new Map();
  document.addEventListener('toggle', e => { if (e.target.dataset?.k) opened.set(keyOf(e.target), e.target.open); }, true);
  document.addEventListener('htmx:after:swap', () => {
    showTimes();
    showCopies();
    for (const details of all('details[data-k]')) {
      if (opened.has(keyOf(details))) details.open = opened.get(keyOf(details));
    }
    if (chosen) select(rows().find(row => row.dataset.row === chosen));
    const ask = one('#act [data-version]');
    const page = one('#live [data-version]');
    const moved = one('#act .moved');
    if (moved && ask && page) moved.hidden = ask.dataset.version === page.dataset.version;
  });
  let chosen = null;
  document.addEventListener('htmx:before:swap', () => { chosen = selected()?.dataset.row ?? null; });
  document.body.addEventListener('changed', () => {
    if (!isPaused()) refresh();
  });
  const lost = is => { if (pauseButton) { pauseButton.toggleAttribute('data-lost', is); if (!isPaused()) one('span', pauseButton).textContent = is ? 'Connection lost, trying again' : 'Live'; } };
  document.addEventListener('htmx:sse:error', () => lost(true));
  document.addEventListener('htmx:sse:after:connection', () => {
    lost(false);
    // A tab that was hidden before it was connected is told so again: it would listen all the same.
    if (document.hidden) setTimeout(() => document.dispatchEvent(new Event('visibilitychange')));
  });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) { showTimes(); if (missed) refresh(); } });
  setInterval(() => { if (!document.hidden) showTimes(); }, 5000);
  // What no stream tells of is asked for again every few seconds, by a tab that is looked at.
  if (live?.dataset.every) setInterval(() => { if (!document.hidden && !isPaused()) refresh(); }, 1000 * Number(live.dataset.every));

  // Saved views: names for addresses, in this browser alone
  const views = one('#views');
  const showViews = () => {
    if (!views) return;
    const saved = store.get('views', {});
    const list = one('ul', views);
    list.replaceChildren(...Object.entries(saved).map(([name, query]) => {
      const item = document.createElement('li');
      const link = document.createElement('a');
      link.textContent = name;
      link.href = `${root}/sagas?${query}`;
      const remove = document.createElement('button');
      remove.type = 'button';
      remove.className = 'plain small';
      remove.textContent = 'remove';
      remove.setAttribute('aria-label', `Remove the view ${name}`);
      remove.addEventListener('click', () => { const rest = store.get('views', {}); delete rest[name]; store.set('views', rest); showViews(); });
      item.append(link, ' ', remove);
      return item;
    }));
    views.hidden = false;
  };
  one('#save-view')?.addEventListener('submit', e => {
    e.preventDefault();
    const name = one('input', e.target).value.trim();
    if (!name) return;
    const query = new URLSearchParams(location.search);
    query.delete('cursor');
    store.set('views', { ...store.get('views', {}), [name]: query.toString() });
    e.target.reset();
    showViews();
  });

  // Suggestions for the word that is being written
  const box = one('#q');
  const offers = all('#offers option').map(option => option.value);
  let list = null;
  const closeList = () => { list?.remove(); list = null; box?.setAttribute('aria-expanded', 'false'); box?.removeAttribute('aria-activedescendant'); };
  const take = value => {
    const words = box.value.slice(0, box.selectionStart).match(/[^\s"]*("[^"]*"?)?$/);
    const start = words ? words.index : box.value.length;
    box.setRangeText(value.endsWith(':') ? value : value + ' ', start, box.selectionStart, 'end');
    closeList();
    if (value.endsWith(':')) offer();
  };
  const offer = () => {
    closeList();
    const word = (box.value.slice(0, box.selectionStart).match(/[^\s"]*("[^"]*"?)?$/) ?? [''])[0].toLowerCase();
    const found = offers.filter(o => o.toLowerCase().startsWith(word) && o.toLowerCase() !== word && (word.includes(':') || o.endsWith(':'))).slice(0, 12);
    if (!found.length || document.activeElement !== box) return;
    list = document.createElement('ul');
    list.className = 'suggestions';
    list.id = 'suggested';
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', 'Suggestions');
    list.append(...found.map((value, i) => {
      const item = document.createElement('li');
      item.setAttribute('role', 'option');
      item.setAttribute('aria-selected', 'false');
      item.id = `suggested-${i}`;
      item.textContent = value;
      item.addEventListener('mousedown', e => { e.preventDefault(); take(value); });
      return item;
    }));
    box.closest('.box').append(list);
    box.setAttribute('aria-expanded', 'true');
  };
  box?.form.addEventListener('submit', () => { box.value = box.value.trim(); });
  box?.addEventListener('input', offer);
  box?.addEventListener('focus', offer);
  box?.addEventListener('blur', closeList);
  box?.addEventListener('keydown', e => {
    if (e.key === 'Escape') { if (list) closeList(); else box.blur(); e.stopPropagation(); }
    if (!list) return;
    const items = all('li', list);
    const at = items.findIndex(i => i.getAttribute('aria-selected') === 'true');
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      const next = (at + (e.key === 'ArrowDown' ? 1 : at < 0 ? 0 : -1) + items.length) % items.length;
      items.forEach((item, i) => item.setAttribute('aria-selected', String(i === next)));
      box.setAttribute('aria-activedescendant', items[next].id);
      items[next].scrollIntoView({ block: 'nearest' });
    } else if ((e.key === 'Enter' || e.key === 'Tab') && at >= 0) {
      e.preventDefault();
      take(items[at].textContent);
    }
  });

  // Keys
  const help = one('#help');
  let going = 0;
  const places = { o: '', s: 'sagas', f: 'flows', t: 'timers', d: 'dead-letters', e: 'streams', p: 'projections', v: 'services', r: 'processes', j: 'jobs', a: 'audit' };
  const keys = {
    '/': () => box ? (box.focus(), box.select()) : location.assign(`${root}/sagas?focus=1`),
    j: () => move(1),
    k: () => move(-1),
    Enter: () => one('a', selected() ?? undefined)?.click(),
    r: () => one('[data-key="r"]')?.click(),
    t: switchTimes,
    p: pause,
    g: () => { going = Date.now(); },
    '?': () => help.open ? help.close() : help.showModal(),
  };
  document.addEventListener('keydown', e => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input, textarea, select, [contenteditable]')) return;
    if (Date.now() - going < 1500 && e.key in places) {
      going = 0;
      const link = one(`.side a[href="${root}/${places[e.key]}"]`);
      if (link) { e.preventDefault(); link.click(); }
      return;
    }
    if (e.key === 'Enter' && (!selected() || e.target.closest('a, button, summary'))) return;
    if (Object.hasOwn(keys, e.key)) { e.preventDefault(); keys[e.key](); }
  });

  // What there is to press
  document.addEventListener('click', async e => {
    const from = e.target.closest('[data-copy], [data-copy-of]');
    if (from) {
      await copy(from.dataset.copy ?? one(from.dataset.copyOf)?.textContent ?? '');
      const said = one('.said', from);
      said.textContent = 'copied';
      setTimeout(() => { said.textContent = ''; }, 1500);
    }
    if (e.target.closest('[data-do="times"]')) switchTimes();
    if (e.target.closest('[data-do="help"]')) help.showModal();
    if (e.target.closest('[data-do="close"]')) e.target.closest('dialog').close();
    for (const menu of all('.acts details[open]')) {
      if (!menu.contains(e.target)) menu.open = false;
    }
  });
  pauseButton?.addEventListener('click', pause);
  const showCopies = () => { for (const button of all('.copy[hidden], [data-script][hidden]')) button.hidden = false; };

  showTimes();
  showCopies();
  showViews();
  if (new URLSearchParams(location.search).has('focus')) box?.focus();
})();
