'use strict';
// Finds sections: window.rankSections(index, query) gives the best first, each with its page and what matched.
{
  const mostPerPage = 4;
  const most = 40;

  const stem = word => word.length > 5 ? word.replace(/(?:ations?|ating|ated?|ing|ions?|ed|es|s|e)$/, '') : word;
  const isBoundary = (text, at) => at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]);

  // How well a text has a term: at the beginning of a word best, then within one, then another form of the word.
  const match = (text, term) => {
    let inside = -1;
    for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
      if (isBoundary(text, at)) {
        const end = text[at + term.length];
        return { at, weight: end === undefined || !/[\p{L}\p{N}]/u.test(end) ? 1 : 0.7 };
      }
      if (inside < 0) inside = at;
    }
    if (inside >= 0 && term.length > 2) return { at: inside, weight: 0.4 };
    const root = stem(term);
    for (let at = text.indexOf(root); root !== term && at >= 0; at = text.indexOf(root, at + 1)) {
      if (isBoundary(text, at)) return { at, weight: 0.3 };
    }
    return null;
  };

  const occurrences = (text, term) => Math.min(text.split(term).length - 1, 4);

  const score = (section, terms, phrase) => {
    let [sum, isHere] = [0, false];
    for (const term of terms) {
      const [heading, text, title] = [match(section.lowHeading, term), match(section.lowText, term), match(section.lowTitle, term)];
      if (!heading && !text && !title) return 0;
      isHere ||= Boolean(heading || text);
      sum += Math.max((heading?.weight ?? 0) * (section.isTop ? 40 : 25), (title?.weight ?? 0) * 6, 0)
        + (text ? text.weight * (3 + occurrences(section.lowText, term)) : 0);
    }
    if (!isHere) return 0;
    if (section.lowHeading === phrase) sum += 40;
    else if (terms.length > 1 && section.lowHeading.includes(phrase)) sum += 20;
    else if (terms.length > 1 && section.lowText.includes(phrase)) sum += 8;
    return sum * section.weight;
  };

  // Records and measurements come after what explains.
  const weights = { Decisions: 0.7, Reference: 0.8, Packages: 0.7, Samples: 0.8 };

  const prepare = index => index.sections.map(([page, heading, anchor, text]) => {
    const [title, address, group] = index.pages[page];
    return {
      title, address, group, heading, anchor, text, isTop: anchor === '', weight: weights[group] ?? 1,
      lowTitle: title.toLowerCase(), lowHeading: heading.toLowerCase(), lowText: text.toLowerCase(),
    };
  });

  // Where an excerpt begins, and which parts of it matched.
  const excerpt = (section, terms) => {
    const first = Math.min(...terms.map(term => match(section.lowText, term)?.at ?? Infinity));
    const from = Number.isFinite(first) ? Math.max(section.text.lastIndexOf(' ', Math.max(first - 50, 0)), 0) : 0;
    const end = from + 180 < section.text.length ? section.text.lastIndexOf(' ', from + 180) : section.text.length;
    return (from > 0 ? '… ' : '') + section.text.slice(from, end > from ? end : from + 180).trim() + (end < section.text.length ? ' …' : '');
  };

  // Cuts a text into pieces, those that matched and those between.
  const pieces = (text, terms) => {
    const low = text.toLowerCase();
    const result = [];
    let end = 0;
    while (end < text.length) {
      const next = terms.flatMap(term => [term, stem(term)].map(word => ({ at: low.indexOf(word, end), length: word.length })))
        .filter(found => found.at >= 0).sort((a, b) => a.at - b.at || b.length - a.length)[0];
      if (!next) break;
      result.push({ text: text.slice(end, next.at), hit: false }, { text: text.slice(next.at, next.at + next.length), hit: true });
      end = next.at + next.length;
    }
    return [...result, { text: text.slice(end), hit: false }].filter(piece => piece.text);
  };

  let prepared = null;
  window.rankSections = (index, query) => {
    prepared ??= prepare(index);
    const phrase = query.toLowerCase().trim().replace(/\s+/g, ' ');
    const terms = [...new Set(phrase.split(/[^\p{L}\p{N}_.]+/u).map(term => term.replace(/^\.+|\.+$/g, '')).filter(Boolean))];
    const perPage = new Map();
    return terms.length === 0 ? [] : prepared
      .map(section => ({ section, score: score(section, terms, phrase) }))
      .filter(found => found.score > 0)
      .sort((a, b) => b.score - a.score)
      .filter(({ section }) => {
        perPage.set(section.address, (perPage.get(section.address) ?? 0) + 1);
        return perPage.get(section.address) <= mostPerPage;
      })
      .slice(0, most)
      .map(({ section }) => ({ ...section, headingPieces: pieces(section.heading, terms), excerptPieces: pieces(excerpt(section, terms), terms) }));
  };
}
