/* Sphinx ranks pages alike that have any word of the query in any heading. Here the share of its words in one heading
   and in the title of the page decides, and answers come before records. A code of an error leads to its explanation. */
var Scorer = {
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
  kinds: { why: 6, guides: 3, gallery: -3, api: -10, changelog: -10, design: -10 },

  score: ([docname, , , , score]) => {
    const query = new URLSearchParams(window.location.search).get("q").toLowerCase();
    if (docname === "errors" && /^l\d{3}$/.test(query.trim())) return 100;
    const words = query.split(/\s+/).filter((word) => word.length > 2);
    const share = (text) => words.filter((word) => text.toLowerCase().includes(word)).length / words.length || 0;
    const { alltitles, docnames, titles } = Search._index;
    const file = docnames.indexOf(docname);
    const headings = Object.keys(alltitles).filter((title) => alltitles[title].some(([at]) => at === file));
    const kind = Scorer.kinds[docname.split("/")[0]] ?? 0;
    return score + 20 * share(titles[file]) + 20 * Math.max(...headings.map(share)) + kind;
  },
};
