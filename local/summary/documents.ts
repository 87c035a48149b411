/** Where the Data Docs of Great Expectations are, from the page. */
export const DATA_DOCS = 'data-docs/index.html';

/** Where dbt's documentation is, from the page. */
export const DBT_DOCS = 'dbt-docs/index.html';
