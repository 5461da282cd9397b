// The page. Zero keeps the views live; this file only draws them and sends mutations.
import {Zero} from '@rocicorp/zero';
import {mutators} from '../shared/mutators.js';
import {queries} from '../shared/queries.js';
import {schema} from '../shared/schema.js';
import {ago, element, find} from './dom.js';

const zero = new Zero({cacheURL: ZERO_CACHE_URL, schema, mutators});

const shown = {projectId: undefined, issueId: undefined, filter: 'open'};
let projects = [];
let issues = [];
let issuesAreComplete = false;
let issuesView;
/** Ids that the list has drawn already: what is not among them has just arrived. */
let drawnIssues = new Set();

// ---- live data -------------------------------------------------------------------------------------------------

zero.materialize(queries.projects.all()).addListener(data => {
  projects = data;
  if (!projects.some(p => p.id === shown.projectId) && projects.length > 0) {
    showProject(projects[0].id);
  }
  drawProjects();
});

function showProject(projectId) {
  shown.projectId = projectId;
  shown.issueId = undefined;
  issuesView?.destroy();
  issuesAreComplete = false;
  drawnIssues = new Set();
  issuesView = zero.materialize(queries.issues.ofProject({projectId}));
  issuesView.addListener((data, resultType) => {
    issues = data;
    issuesAreComplete = resultType === 'complete';
    drawIssues();
    drawDetail();
  });
  drawProjects();
}

zero.connection.state.subscribe(drawConnection);
drawConnection(zero.connection.state.current);

// ---- drawing ---------------------------------------------------------------------------------------------------

function drawConnection(state) {
  const text = {connected: 'Live', connecting: 'Connecting …', disconnected: 'Offline', error: 'Stopped'};
  const connection = find('#connection');
  connection.dataset.state = state.name;
  connection.textContent = text[state.name] ?? state.name;
  connection.title = typeof state.reason === 'string' ? state.reason : '';
}

function drawProjects() {
  find('#projects').replaceChildren(
    ...projects.map(project =>
      element(
        'button',
        {
          type: 'button',
          'aria-current': project.id === shown.projectId,
          onclick: () => showProject(project.id),
        },
        element('span', {class: 'dot', style: `background:${project.color}`}),
        project.name,
        element('span', {class: 'count'}, String(project.issues.length)),
      ),
    ),
  );
  find('#project-name').textContent = projects.find(p => p.id === shown.projectId)?.name ?? '';
}

function drawIssues() {
  const firstTime = drawnIssues.size === 0;
  const visible = issues.filter(
    issue => shown.filter === 'all' || issue.open === (shown.filter === 'open'),
  );
  find('#issues').replaceChildren(
    ...visible.map(issue => drawIssue(issue, !firstTime && !drawnIssues.has(issue.id))),
  );
  find('#no-issues').hidden = visible.length > 0 || !issuesAreComplete;
  for (const button of find('#filter').children) {
    button.setAttribute('aria-pressed', button.dataset.show === shown.filter);
  }
  drawnIssues = new Set(issues.map(issue => issue.id));
}

function drawIssue(issue, hasArrived) {
  const comments = issue.comments.length;
  return element(
    'li',
    {
      class: [!issue.open && 'closed', hasArrived && 'arrived'].filter(Boolean).join(' '),
      'aria-selected': issue.id === shown.issueId,
      'data-id': issue.id,
      onclick: () => showIssue(issue.id),
    },
    element('span', {class: `priority ${issue.priority}`, title: `${issue.priority} priority`}),
    element(
      'button',
      {
        type: 'button',
        class: 'check',
        'aria-label': issue.open ? `Close “${issue.title}”` : `Reopen “${issue.title}”`,
        onclick: event => {
          event.stopPropagation();
          send(mutators.issue.setOpen({id: issue.id, open: !issue.open}));
        },
      },
      '✓',
    ),
    element('button', {type: 'button', class: 'title'}, issue.title),
    element(
      'span',
      {class: 'facts'},
      ...issue.labels.map(label => element('span', {class: 'label'}, label)),
      element('span', {}, comments > 0 ? `${comments} comment${comments > 1 ? 's' : ''}` : ''),
      element('span', {}, ago(issue.createdAt)),
    ),
  );
}

function showIssue(id) {
  shown.issueId = id;
  drawIssues();
  drawDetail();
}

function drawDetail() {
  const issue = issues.find(i => i.id === shown.issueId);
  find('#detail').hidden = !issue;
  if (!issue) {
    return;
  }
  find('#detail-title').textContent = issue.title;
  find('#detail-meta').textContent = issue.open
    ? `${issue.priority} priority · opened ${ago(issue.createdAt)}`
    : `${issue.priority} priority · closed ${ago(issue.closedAt ?? Date.now())}`;
  find('#detail-description').textContent = issue.description;
  find('#toggle-open').textContent = issue.open ? 'Close issue' : 'Reopen issue';
  find('#comments').replaceChildren(
    ...issue.comments.map(comment =>
      element(
        'li',
        {},
        element('span', {class: 'author'}, comment.author),
        element('time', {}, ago(comment.createdAt)),
        element('p', {}, comment.body),
      ),
    ),
  );
}

// ---- mutations -------------------------------------------------------------------------------------------------

/** Applied here at once; a refusal of the server comes back later and Zero takes the change back by itself. */
async function send(mutation) {
  const {client, server} = zero.mutate(mutation);
  for (const result of [await client, await server]) {
    if (result.type === 'error') {
      complain(result.error.message);
      return;
    }
  }
}

function complain(message) {
  const problem = find('#problem');
  problem.textContent = message;
  problem.hidden = false;
  clearTimeout(complain.timer);
  complain.timer = setTimeout(() => (problem.hidden = true), 5000);
}

/** The author stays for the next comment; only what was said is emptied. */
function onSubmit(selector, emptied, act) {
  const form = find(selector);
  form.addEventListener('submit', event => {
    event.preventDefault();
    act(Object.fromEntries(new FormData(form)));
    form.elements[emptied].value = '';
  });
}

onSubmit('#new-issue', 'title', ({title, priority}) =>
  send(
    mutators.issue.create({
      id: crypto.randomUUID(),
      projectId: shown.projectId,
      title,
      priority,
      createdAt: Date.now(),
    }),
  ),
);

onSubmit('#new-comment', 'body', ({author, body}) =>
  send(
    mutators.comment.create({
      id: crypto.randomUUID(),
      issueId: shown.issueId,
      author,
      body,
      createdAt: Date.now(),
    }),
  ),
);

find('#filter').addEventListener('click', event => {
  shown.filter = event.target.dataset.show ?? shown.filter;
  drawIssues();
});

find('#toggle-open').addEventListener('click', () => {
  const issue = issues.find(i => i.id === shown.issueId);
  send(mutators.issue.setOpen({id: issue.id, open: !issue.open}));
});

find('#remove').addEventListener('click', () => send(mutators.issue.remove({id: shown.issueId})));
find('#close-detail').addEventListener('click', () => showIssue(undefined));
