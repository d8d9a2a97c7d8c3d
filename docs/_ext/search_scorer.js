// Pages that answer a question come before those that mention its words.
var Scorer = {
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,

  answers: [
    ["why/", 9],
    ["guides/", 8],
    ["gallery/", 7],
    ["design/", -20],
    ["changelog", -20],
    ["api", -12],
    ["speed", -8],
    ["accuracy", -8],
    ["published-values", -8],
    ["contributing", -8],
  ],

  score: ([docname, title, anchor, descr, score]) => {
    const query = (new URLSearchParams(location.search).get("q") ?? "").toLowerCase();
    const found = Scorer.answers.find(([prefix]) => docname.startsWith(prefix));
    const named = query.split(/[\s_]+/).filter((word) => word.length > 3 && docname.includes(word));
    const code = docname === "errors" && /\bl\d{3}\b/.test(query);
    // Sections of a page come with the page.
    return score + (found ? found[1] : 0) + 7 * named.length + (code ? 20 : 0) - (anchor && descr === null ? 12 : 0);
  },
};
